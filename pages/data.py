"""Data: what was read, can I trust it?"""

from pages.ui import intake, provenance, shell

shell.open_plain("Data")
intake.upload()
provenance.summary()
provenance.problems()
provenance.columns()
provenance.control_total()

"""Data: what was read, can I trust it?"""

from pages.ui import intake, provenance, publish, shell, versions

shell.open_plain("Data")
publish.saving()
intake.upload()
provenance.summary()
publish.listed()
versions.closing()
versions.compare()
provenance.problems()
provenance.columns()
provenance.control_total()

"""Definitions: what does this number mean?"""

from pages.ui import glossary, shell

shell.open_plain("Definitions")
glossary.worked_example()
glossary.metrics()
glossary.card()
glossary.classes()
glossary.statements()

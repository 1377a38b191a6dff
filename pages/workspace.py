"""Workspace: what is saved, who may see it, and who did what?"""

from pages.ui import shell, workspace

shell.open_plain("Workspace")
place = workspace.headline()
if place is not None:
    workspace.datasets(place)
workspace.links()
workspace.access()
if place is not None:
    workspace.people(place)
    workspace.audit(place)

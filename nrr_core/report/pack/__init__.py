"""The pack that goes into the room: pages made of computed figures, as slides, workbook or table."""

from nrr_core.report.pack.account import brief
from nrr_core.report.pack.brand import Brand
from nrr_core.report.pack.make import FORMS, build, pages
from nrr_core.report.pack.registry import PACKS, PageKind

__all__ = ["FORMS", "PACKS", "Brand", "PageKind", "brief", "build", "pages"]

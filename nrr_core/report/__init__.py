"""Files to take away: tables as CSV and XLSX, packs as slides and workbooks, with the stamp of the numbers in them."""

from nrr_core.report.csv import escape, to_csv
from nrr_core.report.pack import FORMS, PACKS, Brand, PageKind, brief, build, pages
from nrr_core.report.xlsx import to_xlsx

__all__ = ["FORMS", "PACKS", "Brand", "PageKind", "brief", "build", "escape", "pages", "to_csv", "to_xlsx"]

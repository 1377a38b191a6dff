"""Files to take away: tables as CSV and XLSX, with the stamp of the numbers in them."""

from nrr_core.report.csv import escape, to_csv
from nrr_core.report.xlsx import to_xlsx

__all__ = ["escape", "to_csv", "to_xlsx"]

"""Import: bytes to lines to cells to revenue, every line accounted for, every failure named (docs/import.md)."""

from nrr_core.ingest.look import inspect
from nrr_core.ingest.pipeline import read_revenue
from nrr_core.ingest.report import Dimension, Inspection, MappedColumn, Options, Report

__all__ = ["Dimension", "Inspection", "MappedColumn", "Options", "Report", "inspect", "read_revenue"]

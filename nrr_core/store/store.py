"""The store: folder and catalogue of one deployment, and the repositories over them."""

from pathlib import Path

from nrr_core.errors import StoreError
from nrr_core.settings import Settings
from nrr_core.store.access import FIRST_WORKSPACE
from nrr_core.store.audit import Audit
from nrr_core.store.catalogue import Catalogue
from nrr_core.store.closing import ClosedPeriods
from nrr_core.store.datasets import Datasets
from nrr_core.store.documents import Documents
from nrr_core.store.files import Files
from nrr_core.store.links import Links
from nrr_core.store.memberships import workspace
from nrr_core.store.people import People
from nrr_core.store.versions import wanted

__all__ = ["Store", "open_store"]


class Store:
    """One deployment's store. Threads share it; ``close`` lets go of the database."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.files = _files(settings.folder)
        self.catalogue = Catalogue(settings.database_url)
        self.catalogue.migrate()
        self.audit = Audit(self.catalogue)
        self.people = People(self.catalogue, settings)
        self.datasets = Datasets(self.catalogue, self.files)
        self.documents = Documents(self.catalogue)
        self.closed = ClosedPeriods(self.documents, self.datasets)
        self.links = Links(self.catalogue, self.datasets)
        with self.catalogue.write() as con:
            workspace(con, FIRST_WORKSPACE)

    def sweep(self) -> int:
        """Remove what an ended process left behind, and the files of datasets deleted long ago. Returns how many."""
        raw, canonical = self.wanted()
        return self.files.sweep(raw=raw, canonical=canonical)

    def wanted(self) -> tuple[set[str], set[str]]:
        """Raw and canonical files that must be there; the sweep removes others once they are old."""
        with self.catalogue.read() as con:
            return wanted(con, keep_days=self.settings.keep_days)

    def close(self) -> None:
        """Let go of the database."""
        self.catalogue.close()


def open_store(settings: Settings | None = None) -> Store:
    """The store that the settings name, made or brought up to date where needed.

    Raises
    ------
    StoreError
        The folder can't be written, or the database can't be reached.

    """
    return Store(settings or Settings.from_environment())


def _files(folder: Path) -> Files:
    try:
        return Files(folder)
    except OSError as error:
        raise StoreError(
            f"The data folder {folder} can't be used: {error.strerror}. Set NRR_DATA to a folder that can be written."
        ) from error

"""What an engine must do: run the model's statements for one dataset, and hand over what the import kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["Codes", "Engine", "Integers", "Runs", "Table"]

Codes = npt.NDArray[np.int32]
Integers = npt.NDArray[np.int64]
Table = Mapping[str, npt.NDArray[Any]]  # column name → values, all of one length


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Positions in memory: stretches [f, t) in which an account's MRR and attributes stay the same, by account and month."""

    account: Codes
    profile: Codes
    f: Codes
    t: Codes
    mrr: Integers

    def at(self, places: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "Runs":
        """Some of them, in their order."""
        return Runs(self.account[places], self.profile[places], self.f[places], self.t[places], self.mrr[places])


class Engine(Protocol):
    """Where the model's statements run. One instance serves one dataset and any number of threads."""

    @property
    def runs(self) -> tuple[Runs, ...]:
        """Its positions in parts, each with other accounts, where it has them in memory; else nothing: ask its statements."""
        ...

    @property
    def size(self) -> int:
        """How many positions the model has."""
        ...

    def query(
        self,
        name: str,
        *,
        parameters: Mapping[str, int] | None = None,
        inputs: Mapping[str, Table] | None = None,
        window: int | None = None,
    ) -> Table:
        """The rows of one statement of the model (``nrr_core.model.statements``).

        ``inputs`` are small tables the statement reads besides the model's own; ``window`` is the window length in
        months whose pairs it reads; lengths that the import did not prepare are paired inside the query.
        """

    def rolled(self, name: str, window: int | None) -> Table:
        """The rows of one of the import's roll-ups, of a prepared window length where it has one."""

    def segments(self, key: str) -> tuple[str, ...]:
        """The segments of a dimension by code, blank as an empty text."""

    def account_ids(self, accounts: npt.NDArray[Any]) -> list[str]:
        """Ids of account numbers, in their order."""

    def account_numbers(self, ids: Sequence[str]) -> dict[str, int]:
        """Account numbers of the ids that exist."""

    def account_with_key(self, key: str) -> str | None:
        """The id whose key (``ledger.account_key``) this is, or None."""
        ...

    def accounts_containing(self, text: str) -> npt.NDArray[Any]:
        """Numbers of the accounts whose id contains the text, given in lower case."""

    def export(self, name: str) -> pa.Table:
        """One of the model's tables, whole: positions, profiles, segments, accounts, and what the import kept of its lines."""

    def table(self, name: str, *, limit: int) -> Table:
        """The first rows of one of the import's lists: ``problems`` or ``quarantine``."""

"""What a bar is: a demand, what was found, and a control with the protection removed."""

import time
from dataclasses import asdict, dataclass, replace
from types import ModuleType
from typing import Any

__all__ = ["Result", "judged"]

_TOLD = 12


@dataclass(frozen=True, slots=True)
class Result:
    """One bar, measured.

    Attributes
    ----------
    name
        The bar, as documents call it.
    demanded, found
        The figure that is asked for, and the one that was measured.
    control
        What the same check found where the protection is left out.
    passed
        ``found`` meets ``demanded``.
    control_failed
        The check caught the control. A check that can't see is worth nothing, so this is needed as well.
    faults
        What was wrong, for people.
    seconds
        How long it took; filled in by ``judged``.

    """

    name: str
    demanded: str
    found: str
    control: str
    passed: bool
    control_failed: bool
    faults: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def met(self) -> bool:
        """Whether the bar holds and its control did not."""
        return self.passed and self.control_failed

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; only the first faults."""
        return asdict(self) | {"met": self.met, "faults": list(self.faults[:_TOLD])}


def judged(bar: ModuleType, *, full: bool) -> Result:
    """The result of a bar, with the time it took."""
    started = time.perf_counter()
    result: Result = bar.run(full)
    return replace(result, seconds=round(time.perf_counter() - started, 1))

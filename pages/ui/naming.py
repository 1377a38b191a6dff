"""What the options of a list are called: a widget knows an option by its label alone, so no two may be alike."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from functools import lru_cache
from itertools import count

from nrr_core.formats import plain_text

__all__ = ["free", "labels", "names"]

_LIMIT = 40
_ID_SHOWN = 6


@lru_cache(maxsize=200)
def names(options: tuple[str, ...]) -> Callable[[str], str]:
    """Names from data as labels: on one line, cut, and numbered where they would be alike."""
    called: dict[str, str] = {}
    taken: set[str] = set()
    for option in dict.fromkeys(options):
        short = plain_text(option)
        called[option] = free(short, taken, "{} ({})")
        taken.add(called[option])
    return lambda option: called.get(option, plain_text(option))


def free(text: str, taken: Container[str], form: str) -> str:
    """A text, or the first of its numbered forms from 2 on, that is not ``taken``."""
    return next(one for n in count(1) if (one := text if n == 1 else form.format(text, n)) not in taken)


def labels(named: Mapping[str, str], *, taken: Iterable[str] = ()) -> dict[str, str]:
    """Names that people gave, by id, as labels: on one line, cut, and each different.

    A name that stands more than once, or among those that are ``taken``, is followed by the beginning of its id:
    whichever names come and go, a label never passes from one thing to another.
    """
    short = {key: plain_text(name, limit=_LIMIT) for key, name in named.items()}
    often = Counter([*short.values(), *taken])
    return {key: text if often[text] == 1 else _with_id(text, key, often) for key, text in short.items()}


def _with_id(text: str, key: str, others: Container[str]) -> str:
    begun = f"{text} \u00b7 {key[:_ID_SHOWN]}"
    return begun if begun not in others else f"{text} \u00b7 {key}"

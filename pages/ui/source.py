"""Which dataset the session looks at: the sample data, an import that is not saved, or a stored version."""

from dataclasses import dataclass

import streamlit as st

from nrr_core import Dataset
from nrr_core.errors import AccessError
from nrr_core.store import Draft, Held, Link
from pages.ui import backend, cache, state, who

__all__ = ["Source", "adopt", "current", "link", "opened", "pick", "pick_sample"]

_ADDRESS = ("d", "v", "link")  # dataset, version, link: what the address says about the data
_FILTERS = ("f_", "asof", "by", "by2", "account", "pick", "window")


@dataclass(frozen=True, eq=False)
class Source:
    """The dataset on screen. ``draft``: read but not saved. ``held``: stored; ``follows`` the newest version or stays."""

    data: Dataset
    sample: bool = False
    draft: Draft | None = None
    held: Held | None = None
    follows: bool = False


@dataclass(frozen=True)
class _Chosen:
    dataset_id: str
    number: int | None
    link_id: str | None


def current() -> Source:
    """The session's dataset, opened with the rights that its person has now.

    Raises
    ------
    AccessError, StoreError
        The stored dataset is not for this person, or can't be opened.

    """
    chosen = _chosen()
    if chosen is not None:
        return _stored(chosen)
    held: Source | None = state.recall("import")
    return held if held is not None else Source(cache.sample(), sample=True)


def link() -> Link | None:
    """The link that led here, while it holds; raises AccessError where it no longer leads anywhere."""
    wanted = st.query_params.get("link")
    if not wanted:
        return None
    asking, links = who.actor(), backend.store().links
    return cache.link(asking, wanted, lambda: links.resolve(asking, wanted))


def adopt(data: Dataset, draft: Draft | None = None) -> None:
    """Look at an import of this session from now on; filters of what was on screen are dropped."""
    _forget()
    state.remember("import", Source(data, draft=draft))


def pick(dataset_id: str, number: int | None = None, *, filters: bool = False) -> None:
    """Look at a stored dataset: its newest version whatever comes, or one version for good.

    ``filters`` stay where they are drawn on the page itself; what the other data does not have falls back by itself.
    """
    _forget(filters=filters)
    state.drop("import")
    state.remember("stored", _Chosen(dataset_id, number, None))


def pick_sample(*, filters: bool = False) -> None:
    """Look at the sample data."""
    _forget(filters=filters)
    state.drop("import")


def _forget(*, filters: bool = False) -> None:
    """Drop what belongs to the dataset that was on screen alone."""
    if not filters:
        state.clear(*_FILTERS)
    state.drop("stored")
    for name in (*_ADDRESS, "account"):
        st.query_params.pop(name, None)


def _chosen() -> _Chosen | None:
    """What the address names, or what this session chose; the address always shows it, so that it can be bookmarked."""
    if "d" in st.query_params:
        number = st.query_params.get("v", "")
        chosen = _Chosen(st.query_params["d"], int(number) if number.isdecimal() else None, st.query_params.get("link"))
        state.remember("stored", chosen)
        return chosen
    kept: _Chosen | None = state.recall("stored")
    if kept is not None:
        parts = (("d", kept.dataset_id), ("v", kept.number), ("link", kept.link_id))
        for name, value in parts:
            if value is not None:
                st.query_params[name] = str(value)
    return kept


def _stored(chosen: _Chosen) -> Source:
    datasets, asking = backend.store().datasets, who.actor()
    linked = chosen.link_id is not None and _leads_to(chosen)
    held = cache.held(
        asking, chosen.dataset_id, chosen.number, lambda: datasets.get(asking, chosen.dataset_id, chosen.number, linked=linked),
        linked=linked,
    )  # fmt: skip
    return Source(opened(held, linked=linked), held=held, follows=chosen.number is None)


def opened(held: Held, *, linked: bool = False) -> Dataset:
    """A stored version with the rights of this session's person, without looking at it from now on."""
    datasets, asking = backend.store().datasets, who.actor()
    part = datasets.part_of(asking, held)
    return cache.stored(
        f"{held.workspace_id}/{held.dataset_id}@{held.number}/{held.name}/{part}", lambda: datasets.open(asking, held, linked=linked)
    )


def _leads_to(chosen: _Chosen) -> bool:
    """Whether the link in the address holds and names this dataset; a snapshot is open to whoever came through one."""
    try:
        found = link()
    except AccessError:
        return False
    return found is not None and found.dataset_id == chosen.dataset_id and found.version in {None, chosen.number}

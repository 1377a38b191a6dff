"""Single accounts in the ratio of a period: what each adds above and below the line, expected or along a course.

A period's NRR is a ratio, or under a chain a product of one ratio a month. What an account adds to each of them does not depend on the
others, so that accounts may be exchanged without computing the whole again.
"""

import numpy as np

from nrr_core.engine import Integers
from nrr_core.scenarios.ahead.model import Floats, Model
from nrr_core.scenarios.past import plain

__all__ = ["along", "counts", "expected", "staying"]


def counts(model: Model, month: int) -> int:
    """The column of the book's openings at which an account must count to be in the period that closes in a month."""
    first = 1 - month if plain(model.book.card).family == "revenue_window" else 0
    return max(first + model.book.start - model.book.since, 0)


def expected(model: Model, month: int) -> tuple[Floats, Floats]:
    """Of one unit that pays at the start, by group: what it is expected to add, groups × factors."""
    card, closing = model.book.card, model.of(0).closing
    family, one = plain(card).family, np.ones((len(closing), 1))
    if family == "chained":
        before = closing[:, :month]
        stays = before * model.pace.stay[:, :month] * model.pace.growth[:, :month]
        return (closing[:, 1 : month + 1] if card.returns == "all" else stays), before
    if family == "revenue_window":
        return closing[:, 1 : month + 1].sum(axis=1, keepdims=True), 0 * one
    if family == "movements" and card.returns == "separate":
        return closing[:, [month]] - model.flows(0).returned[:, [month]], one
    return closing[:, [month]], one


def along(model: Model, courses: Floats, month: int) -> tuple[Floats, Floats]:
    """The same of courses, accounts × months 0 … horizon, of accounts that pay at the start and never come back."""
    family = plain(model.book.card).family
    if family == "chained":
        before = courses[:, :month]
        inside = before >= max(model.book.card.min_opening_mrr, 1)
        return np.where(inside, courses[:, 1 : month + 1], 0.0), np.where(inside, before, 0.0)
    if family == "revenue_window":
        return courses[:, 1 : month + 1].sum(axis=1, keepdims=True), np.zeros((len(courses), 1))
    return courses[:, [month]], courses[:, [0]]


def staying(model: Model, group: Integers, mrr: Integers, month: int) -> tuple[Floats, Floats, Integers]:
    """The same of accounts that stay, by their groups and MRR at the start; and what they pay in the month."""
    growth = np.cumprod(np.concatenate([np.ones((len(model.pace.growth), 1)), model.pace.growth], axis=1), axis=1)
    closing = np.rint(mrr * growth[group, month])
    if plain(model.book.card).family in {"point_to_point", "movements"}:
        return closing[:, None], mrr[:, None].astype(np.float64), closing.astype(np.int64)
    return *along(model, np.rint(mrr[:, None] * growth[group]), month), closing.astype(np.int64)

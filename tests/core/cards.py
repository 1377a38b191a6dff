"""Retention under any card in plain loops and fractions, written without the product's code."""

from fractions import Fraction


def paid(months, month):
    return months.get(month, (0, None))[0]


def segment_of(months, month):
    """Attributes in a month, or the last ones before it; None before the first payment."""
    known = [m for m in months if m <= month]
    return months[max(known)][1] if known else None


def first_paid(months):
    return min(months)


def base(at, card, open_, close, segment):
    """Accounts that open the window and count, with their opening."""
    found = {}
    for account, months in at.items():
        opening = paid(months, open_)
        read = close if card.segment_as_of == "close" else open_
        if opening and opening >= card.min_opening_mrr and segment in {None, segment_of(months, read)}:
            found[account] = opening
    return found


def moves(months, open_, close):
    """(month, kind, amount, segment before, segment after) of every movement inside a window."""
    found = []
    for m in range(open_ + 1, close + 1):
        before, now = paid(months, m - 1), paid(months, m)
        if before == now or not months or first_paid(months) == m:
            continue
        kind = "returned" if not before else "churn" if not now else "expansion" if now > before else "contraction"
        found.append((m, kind, abs(now - before), segment_of(months, m - 1), segment_of(months, m)))
    return found


def point_to_point(at, card, open_, close, segment=None):
    """(NRR's factors, GRR's, logo's), each a list of (over, under)."""
    opened = base(at, card, open_, close, segment)
    closing = sum(paid(at[a], close) for a in opened)
    if card.returns == "all":
        closing += sum(
            paid(months, close) for months in at.values()
            if months and not paid(months, open_) and first_paid(months) <= open_ and segment in {None, segment_of(months, close)}
        )  # fmt: skip
    whole = sum(opened.values())
    kept = sum(min(s, paid(at[a], close)) for a, s in opened.items())
    stayed = sum(paid(at[a], close) > 0 for a in opened)
    return [(closing, whole)], [(kept, whole)], [(stayed, len(opened))]


def movements(at, card, open_, close, segment=None):
    opened = base(at, card, open_, close, segment)
    whole = sum(opened.values())
    gained = lost = 0
    for account, months in at.items():
        opens = paid(months, open_) > 0
        for _, kind, amount, _, after in moves(months, open_, close):
            counts = account in opened
            if not opens and segment in {None, after if kind != "churn" else segment_of(months, close)}:
                counts = card.population == "all" if kind != "returned" else card.returns == "all"
            elif not opens:
                counts = False
            if kind == "returned" and card.returns == "separate":
                counts = False
            if counts and kind in {"expansion", "returned"}:
                gained += amount
            elif counts:
                lost += amount
    stayed = sum(paid(at[a], close) > 0 for a in opened)
    return [(whole + gained - lost, whole)], [(whole - lost, whole)], [(stayed, len(opened))]


def chained(at, card, open_, close, segment=None):
    months = [point_to_point(at, card, m - 1, m, segment) for m in range(open_ + 1, close + 1)]
    return tuple([month[i][0] for month in months] for i in range(3))


def revenue_window(at, card, open_, close, segment=None):
    length = close - open_
    first = open_ - length + 1
    earlier = later = kept = accounts = stayed = 0
    for months in at.values():
        opening = paid(months, first)
        if not opening or opening < card.min_opening_mrr or segment not in {None, segment_of(months, first)}:
            continue
        one = sum(paid(months, m) for m in range(first, open_ + 1))
        two = sum(paid(months, m) for m in range(open_ + 1, close + 1))
        earlier, later, kept = earlier + one, later + two, kept + min(one, two)
        accounts, stayed = accounts + 1, stayed + (two > 0)
    return [(later, earlier)], [(kept, earlier)], [(stayed, accounts)]


FAMILIES = {
    "point_to_point": point_to_point, "averaged": point_to_point, "movements": movements, "chained": chained,
    "revenue_window": revenue_window,
}  # fmt: skip


def product(factors):
    if any(not under for _, under in factors):
        return None
    value = Fraction(1)
    for over, under in factors:
        value *= Fraction(over, under)
    return value


def retention(at, card, close, segment=None):
    """(NRR, GRR, logo retention) as exact fractions, None where undefined."""
    family, length = FAMILIES[card.family], card.window_months
    if card.family != "averaged" and card.average == "none":
        return tuple(product(f) for f in family(at, card, close - length, close, segment))
    found = []
    for back in range(card.average_months):
        open_ = close - back - length
        start = open_ + 1 - length if card.family == "revenue_window" else open_
        read = {"revenue_window": start, "chained": open_ + 1}.get(card.family, close - back)  # a chain opens with its first month
        opened = base(at, card, start, read, segment)
        ratios = family(at, card, open_, close - back, segment)
        opening = ratios[0][0][1] if card.family == "revenue_window" else sum(opened.values())
        found.append((ratios, opening, len(opened)))
    return tuple(mean(card, [(product(r[i]), accounts if i == 2 else opening) for r, opening, accounts in found]) for i in range(3))


def mean(card, terms):
    if card.average != "weighted":
        values = [value for value, _ in terms]
        return None if None in values else sum(values) / len(values)
    whole = sum(weight for _, weight in terms)
    if not whole or any(value is None for value, weight in terms if weight):
        return None
    return sum(value * weight for value, weight in terms if weight) / whole

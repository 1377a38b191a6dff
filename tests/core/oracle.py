"""A plain loop over accounts and months: slow, obvious, and written without the product's code."""

from fractions import Fraction

MISSING = object()


def month(text):
    return int(text[:4]) * 12 + int(text[5:7])


def positions(lines, last):
    """{account: {month: (mrr, attributes)}} of lines (account, from, until or None, amount, attributes)."""
    at = {}
    for account, start, end, amount, attributes in lines:
        for m in range(start, last + 1 if end is None else min(end, last + 1)):
            at.setdefault(account, {}).setdefault(m, []).append((amount, attributes))
    return {
        account: {
            m: (sum(a for a, _ in found), max(enumerate(found), key=lambda e: (e[1][0], -e[0]))[1][1])
            for m, found in months.items()
            if sum(a for a, _ in found) > 0
        }
        for account, months in at.items()
    }


def window(at, open_, close, segment=None):
    """The measures of one window, of the accounts whose attributes at open (new and reactivated: at close) match."""
    m = dict.fromkeys(
        (
            "opening",
            "expansion",
            "contraction",
            "churn",
            "closing",
            "kept",
            "new",
            "reactivation",
            "opening_accounts",
            "retained_accounts",
            "new_accounts",
            "reactivation_accounts",
            "expansion_accounts",
            "contraction_accounts",
            "churn_accounts",
        ),
        0,
    )
    for months in at.values():
        s, s_attributes = months.get(open_, (0, None))
        e, e_attributes = months.get(close, (0, None))
        if segment is not None and (s_attributes if s else e_attributes) != segment:
            continue
        if s:
            m["opening"] += s
            m["opening_accounts"] += 1
            m["closing"] += e
            m["kept"] += min(s, e)
            m["retained_accounts"] += e > 0
        if s and e > s:
            m["expansion"] += e - s
            m["expansion_accounts"] += 1
        elif s and e == 0:
            m["churn"] += s
            m["churn_accounts"] += 1
        elif s and e < s:
            m["contraction"] += s - e
            m["contraction_accounts"] += 1
        elif not s and e:
            kind = "new" if min(months) > open_ else "reactivation"
            m[kind] += e
            m[f"{kind}_accounts"] += 1
    return m


def cohort(at, first, age, length=1, fiscal_start=1):
    """(accounts, opening, mrr, capped, active) of the accounts whose first period ends in month ``first``."""
    members = [
        months for months in at.values()
        if months and (m := min(months)) + length - 1 - (m - fiscal_start) % length == first
    ]  # fmt: skip
    mrr = [(months.get(first, (0,))[0], months.get(first + age * length, (0,))[0]) for months in members]
    return (
        len(members), sum(s for s, _ in mrr), sum(e for _, e in mrr), sum(min(s, e) for s, e in mrr),
        sum(e > 0 for _, e in mrr),
    )  # fmt: skip


def ratio(part, whole):
    return Fraction(part) / Fraction(whole) if whole else None

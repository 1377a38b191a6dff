"""The projection once more: a plain loop over accounts and months in exact fractions, written without the product's code."""

from collections import defaultdict
from fractions import Fraction

from oracle import positions

DELAY = 3


def rates(at, start, months, first, segment=None):
    """Churn, contraction and expansion (of what stays), returns, logo churn: pooled over the last months."""
    sums = defaultdict(int)
    for month in range(max(start - months, first), start):
        for account in at.values():
            (s, was), (e, now) = account.get(month, (0, None)), account.get(month + 1, (0, None))
            if s and (segment is None or was[0] == segment):
                sums["opening"] += s
                sums["accounts"] += 1
                sums["churn"] += s if not e else 0
                sums["left"] += not e
                sums["contraction"] += s - e if 0 < e < s else 0
                sums["expansion"] += max(e - s, 0)
            if e and not s and min(account) <= month and (segment is None or now[0] == segment):
                sums["returns"] += e
    if not sums["opening"]:
        return None
    stayed = sums["opening"] - sums["churn"]
    return {
        "churn": Fraction(sums["churn"], sums["opening"]),
        "contraction": Fraction(sums["contraction"], stayed) if stayed else Fraction(0),
        "expansion": Fraction(sums["expansion"], stayed) if stayed else Fraction(0),
        "returns": min(Fraction(sums["returns"], sums["churn"]), Fraction(1)) if sums["churn"] else Fraction(0),
        "logo_churn": Fraction(sums["left"], sums["accounts"]),
    }


def ramped(lever, start, month):
    """How much of a lever is at work in a month."""
    begins = max(lever.get("start", start + 1), start + 1)
    return min(max(Fraction(month - begins + 1, lever.get("ramp", 1)), Fraction(0)), Fraction(1))


def monthly(rate, levers, start, month):
    """Share that stays (MRR, logos), factor of what stays (growing, capped), share of the lost that comes back."""
    rate = dict(rate)
    more = defaultdict(Fraction)
    price = lost = Fraction(1)
    for lever in levers:
        share, change = ramped(lever, start, month), Fraction(lever["change"])
        kind = lever["kind"]
        names = {"churn": ["churn", "logo_churn"], "win_back": ["returns"], "price": []}.get(kind, [kind])
        for name in names:
            if lever.get("mode", "absolute" if kind == "win_back" else "relative") == "relative":
                rate[name] *= 1 + change * share
            else:
                more[name] += change * share
        if kind == "price":
            step = share - ramped(lever, start, month - 1)
            price *= 1 + change * step
            lost *= 1 - Fraction(lever.get("loss", 0)) * step
    final = {name: min(max(value + more[name], Fraction(0)), Fraction(1)) for name, value in rate.items() if name != "expansion"}
    growth = max(rate["expansion"] + more["expansion"], Fraction(0))
    return (
        (1 - final["churn"]) * lost,
        (1 - final["logo_churn"]) * lost,
        (1 - final["contraction"] + growth) * price,
        (1 - final["contraction"]) * min(price, Fraction(1)),
        final["returns"],
    )


def left(by_month, which):
    """What is left of one unit after each of the months; ``which``: closing, kept, paired or logos."""
    values, coming = [Fraction(1)], defaultdict(Fraction)
    for month, (stay, stay_logo, growth, keep, back) in enumerate(by_month):
        stays = stay_logo if which == "logos" else stay
        factor = {"closing": growth, "kept": keep}.get(which, Fraction(1))
        coming[month + DELAY] += values[-1] * (1 - stays) * back
        values.append(values[-1] * stays * factor + coming[month])
    return values


def forecast(lines, *, start, horizon, window, months, by=False, levers=()):
    """NRR's parts of the card's window closing in each projected month, and today's accounts' MRR: exact, of all accounts."""
    at = positions(lines, start)
    first = min(m for account in at.values() for m in account)
    overall = rates(at, start, months, first)
    found = []
    pace_of, paces = {}, {}
    for name, account in at.items():
        if start in account:
            segment = account[start][1][0] if by else None
            chosen = [x for x in levers if x.get("only") is None or (account[start][1] and account[start][1][0] == x["only"])]
            key = (segment, tuple(map(id, chosen)))
            if key not in pace_of:
                own = (rates(at, start, months, first, segment) if by else overall) or overall
                steps = [monthly(own, chosen, start, start + k) for k in range(1, horizon + 1)]
                pace_of[key] = {
                    (opened, which): left(steps[opened:], which)
                    for opened in range(horizon)
                    for which in ("closing", "kept", "paired", "logos")
                }
            paces[name] = pace_of[key]
    for k in range(1, horizon + 1):
        opened = k - window
        sums = defaultdict(Fraction)
        for name, account in at.items():
            pace, now = paces.get(name), account.get(start, (0, None))[0]
            if now:
                sums["mrr"] += now * pace[0, "closing"][k]
            if opened <= 0:
                s = account.get(start + opened, (0, None))[0]
                sums["opening"] += s
                if s and now:
                    sums["closing"] += now * pace[0, "closing"][k]
                    sums["kept"] += min(s, now) * pace[0, "kept"][k]
                    sums["paired"] += s * pace[0, "paired"][k]
                    sums["retained"] += pace[0, "logos"][k]
            elif now:
                reached = now * pace[0, "closing"][opened]
                sums["opening"] += reached
                sums["closing"] += reached * pace[opened, "closing"][k - opened]
                sums["kept"] += reached * pace[opened, "kept"][k - opened]
                sums["paired"] += reached * pace[opened, "paired"][k - opened]
                sums["retained"] += pace[0, "logos"][opened] * pace[opened, "logos"][k - opened]
        found.append(dict(sums) | {"known": start + opened >= first})
    return found

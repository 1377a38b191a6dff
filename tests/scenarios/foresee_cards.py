"""Windows that close ahead under any card, in plain loops over accounts and months and in exact fractions; without the product's code."""

from dataclasses import replace
from fractions import Fraction

from cards import first_paid, mean, moves, paid, product, segment_of
from cards import point_to_point as both_ends
from cards import retention as known
from foresee import DELAY, monthly, rates
from oracle import positions

NOTHING = {"closing": Fraction(0), "churn": Fraction(0), "contraction": Fraction(0), "expansion": Fraction(0), "returned": Fraction(0)}


def unit(steps):
    """One unit that pays, month by month: what is left, and what moved in each month."""
    found, coming = [NOTHING | {"closing": Fraction(1)}], {}
    for month, (stay, _, growth, keep, back) in enumerate(steps):
        before = found[-1]["closing"]
        coming[month + DELAY] = before * (1 - stay) * back
        now = {
            "churn": before * (1 - stay), "contraction": before * stay * (1 - keep), "expansion": before * stay * (growth - keep),
            "returned": coming.get(month, Fraction(0)),
        }  # fmt: skip
        found.append(now | {"closing": before - now["churn"] - now["contraction"] + now["expansion"] + now["returned"]})
    return found


def left(steps, *, logos=False, keeps=False):
    """What is left of one unit with no growth (``keeps``), or of one account."""
    values, coming = [Fraction(1)], {}
    for month, (stay, stay_logo, _, keep, back) in enumerate(steps):
        stays = stay_logo if logos else stay
        coming[month + DELAY] = values[-1] * (1 - stays) * back
        values.append(values[-1] * stays * (keep if keeps else 1) + coming.get(month, 0))
    return values


def billed(steps, after, until):
    """The chance of one account to pay in some month from ``after`` + 1 to ``until``: in the first, or back in a later one."""
    values, coming, left_in = [Fraction(1)], {}, {}
    for month, (_, stay_logo, _, _, back) in enumerate(steps, 1):
        left_in[month + DELAY] = month
        coming[month + DELAY] = values[-1] * (1 - stay_logo) * back
        values.append(values[-1] * stay_logo + coming.get(month, 0))
    return values[after + 1] + sum((coming.get(m, 0) for m in range(after + 2, until + 1) if left_in.get(m, 0) <= after + 1), Fraction(0))


class Months:
    """The rates of one account's months; what was worked out once is kept."""

    def __init__(self, rates):
        self.rates, self.kept = rates, {}

    def unit(self, opened):
        return self.of(unit, opened)

    def left(self, opened, **how):
        return self.of(left, opened, **how)

    def of(self, function, opened, **how):
        key = (function.__name__, opened, *how)
        if key not in self.kept:
            self.kept[key] = function(self.rates[opened:], **how)
        return self.kept[key]


class World:
    """A ledger up to the start, the monthly rates of every account, and the courses of those that were decided about."""

    def __init__(self, lines, *, start, horizon, months, by=False, levers=(), decided=()):
        self.at, self.start, self.horizon = positions(lines, start), start, horizon
        self.first = min(m for account in self.at.values() for m in account)
        overall, self.steps, made = rates(self.at, start, months, self.first), {}, {}
        for name, account in self.at.items():
            segment = segment_of(account, start)[0]
            chosen = [x for x in levers if x.get("only") in {None, segment}]
            key = (segment if by else None, tuple(map(id, chosen)))
            if key not in made:
                own = (rates(self.at, start, months, self.first, segment) if by else None) or overall
                made[key] = Months([monthly(own, chosen, start, start + k) for k in range(1, horizon + 1)])
            self.steps[name] = made[key]
        self.courses = {one["account"]: self.course(**one) for one in decided}

    def now(self, name):
        return paid(self.at[name], self.start)

    def course(self, account, action, chance, month, to=0):
        stays = [Fraction(self.now(account))]
        for _, _, growth, _, _ in self.steps[account].rates:
            stays.append(stays[-1] * (growth if self.now(account) else 1))
        ends = [0 if action in {"lose", "renew"} else to] * len(stays)
        ends = [end if self.start + k >= month else stay for k, (end, stay) in enumerate(zip(ends, stays, strict=True))]
        return [(chance, stays), (1 - chance, ends)] if action == "renew" else [(chance, ends), (1 - chance, stays)]

    def segment(self, name, month):
        return segment_of(self.at[name], min(month, self.start))

    def paths(self, name):
        """(probability, MRR by month before and after the start) of a decided account."""
        past = {m: paid(self.at[name], m) for m in range(self.first, self.start + 1)}
        return [(chance, past | {self.start + k: mrr for k, mrr in enumerate(course)}) for chance, course in self.courses[name]]


def point_to_point(world, card, open_, close, segment=None):  # noqa: C901 - the definition in one piece, case by case
    a, b = open_ - world.start, close - world.start
    sums = dict.fromkeys(("opening", "closing", "kept", "accounts", "stayed"), Fraction(0))
    for name, account in world.at.items():
        read = close if card.segment_as_of == "close" else open_
        own = segment in {None, world.segment(name, read)}
        home = segment in {None, world.segment(name, world.start)}
        returns = card.returns == "all" and home and first_paid(account) <= min(open_, world.start)
        if name in world.courses:
            for chance, mrr in world.paths(name):
                if own and mrr[open_] >= max(card.min_opening_mrr, 1):
                    sums["opening"] += chance * mrr[open_]
                    sums["accounts"] += chance
                    sums["closing"] += chance * mrr[close]
                    sums["kept"] += chance * min(mrr[open_], mrr[close])
                    sums["stayed"] += chance * (mrr[close] > 0)
                elif returns and not mrr[open_]:
                    sums["closing"] += chance * mrr[close]
            continue
        now, steps = world.now(name), world.steps[name]
        if a <= 0:
            s = paid(account, open_)
            if own and s >= max(card.min_opening_mrr, 1):
                sums["opening"] += s
                sums["accounts"] += 1
                if now:
                    sums["closing"] += now * steps.unit(0)[b]["closing"]
                    sums["kept"] += min(s, now) * steps.left(0, keeps=True)[b]
                    sums["stayed"] += steps.left(0, logos=True)[b]
            elif returns and not s:
                sums["closing"] += now * steps.unit(0)[b]["closing"]
        elif now >= max(card.min_opening_mrr, 1) and home:
            reached = now * steps.unit(0)[a]["closing"]
            sums["opening"] += reached
            sums["accounts"] += steps.left(0, logos=True)[a]
            sums["closing"] += now * steps.unit(0)[b]["closing"] if returns else reached * steps.unit(a)[b - a]["closing"]
            sums["kept"] += reached * steps.left(a, keeps=True)[b - a]
            sums["stayed"] += steps.left(0, logos=True)[a] * steps.left(a, logos=True)[b - a]
    return [(sums["closing"], sums["opening"])], [(sums["kept"], sums["opening"])], [(sums["stayed"], sums["accounts"])]


def movements(world, card, open_, close, segment=None):  # noqa: C901, PLR0912 - the definition in one piece, case by case
    a, b = open_ - world.start, close - world.start
    gained = lost = Fraction(0)

    def count(kind, amount, *, opens):
        nonlocal gained, lost
        if kind == "returned":
            gained += amount if card.returns == "all" or (opens and card.returns == "opening") else 0
        elif opens or card.population == "all":
            gained += amount if kind == "expansion" else 0
            lost += amount if kind in {"churn", "contraction"} else 0

    for name, account in world.at.items():
        own = segment in {None, world.segment(name, close if card.segment_as_of == "close" else open_)}
        home = segment in {None, world.segment(name, world.start)}
        if a <= 0:
            s = paid(account, open_)
            for _, kind, amount, _, after in moves(account, open_, world.start):
                inside = own if s else segment in {None, after}
                if inside and (not s or s >= card.min_opening_mrr):
                    count(kind, amount, opens=s > 0)
        if name in world.courses:
            for chance, mrr in world.paths(name):
                opens = mrr[open_] > 0
                if (opens and (mrr[open_] < card.min_opening_mrr or not own)) or (not opens and not home):
                    continue
                for m in range(max(open_, world.start) + 1, close + 1):
                    was, now = mrr[m - 1], mrr[m]
                    kind = "returned" if not was else "churn" if not now else "expansion" if now > was else "contraction"
                    count(kind, chance * abs(now - was), opens=opens)
            continue
        now, steps = world.now(name), world.steps[name]
        if a <= 0:
            s = paid(account, open_)
            if now and ((s >= max(card.min_opening_mrr, 1) and own) or (not s and home)):
                for k in range(1, b + 1):
                    for kind in ("churn", "contraction", "expansion", "returned"):
                        count(kind, now * steps.unit(0)[k][kind], opens=s > 0)
        elif now >= max(card.min_opening_mrr, 1) and home:
            reached = steps.unit(0)[a]["closing"]
            for k in range(a + 1, b + 1):
                for kind in ("churn", "contraction", "expansion", "returned"):
                    alone = reached * steps.unit(a)[k - a][kind]
                    count(kind, now * alone, opens=True)
                    count(kind, now * (steps.unit(0)[k][kind] - alone), opens=False)
    ((_, opening),), _, stayed = point_to_point(world, card, open_, close, segment)
    return [(opening + gained - lost, opening)], [(opening - lost, opening)], stayed


def chained(world, card, open_, close, segment=None):
    months = []
    for m in range(open_ + 1, close + 1):
        past = m <= world.start
        months.append(both_ends(world.at, card, m - 1, m, segment) if past else point_to_point(world, card, m - 1, m, segment))
    return tuple([month[i][0] for month in months] for i in range(3))


def revenue_window(world, card, open_, close, segment=None):
    length = close - open_
    first = open_ - length + 1
    f, a, b = first - world.start, open_ - world.start, close - world.start
    sums = dict.fromkeys(("earlier", "later", "accounts", "stayed"), Fraction(0))
    for name, account in world.at.items():
        if segment not in {None, world.segment(name, first)}:
            continue
        if name in world.courses:
            ways = [(chance, mrr, None) for chance, mrr in world.paths(name)]
        else:
            ways = [(Fraction(1), {m: paid(account, m) for m in range(min(first, world.start), world.start + 1)}, world.steps[name])]
        for chance, mrr, steps in ways:
            now = mrr[world.start]
            opening = now if steps and f > 0 else mrr[first]
            if opening < max(card.min_opening_mrr, 1):
                continue
            base = steps.unit(0)[f]["closing"] if steps and f > 0 else 1
            alone = steps.left(0, logos=True)[f] if steps and f > 0 else 1
            ahead = [now * base * step["closing"] for step in steps.unit(max(f, 0))] if steps else []
            amounts = {m: mrr[m] if not steps or m <= world.start else ahead[m - world.start - max(f, 0)] for m in range(first, close + 1)}
            earlier, after = [amounts[m] for m in range(first, open_ + 1)], [amounts[m] for m in range(open_ + 1, close + 1)]
            sums["earlier"] += chance * sum(earlier)
            sums["later"] += chance * sum(after)
            sums["accounts"] += chance * alone
            if not steps or a < 0:
                sums["stayed"] += chance * any(after)
            elif now:
                sums["stayed"] += alone * billed(steps.rates[max(f, 0) :], a - max(f, 0), b - max(f, 0))
    return [(sums["later"], sums["earlier"])], [(Fraction(0), Fraction(0))], [(sums["stayed"], sums["accounts"])]


FAMILIES = {
    "point_to_point": point_to_point, "averaged": point_to_point, "movements": movements, "chained": chained,
    "revenue_window": revenue_window,
}  # fmt: skip


def opens(world, card, close, segment):
    """What a window weighs in a weighted mean: its opening, in MRR and in accounts."""
    months = FAMILIES[card.family](world, card, close - card.window_months, close, segment)
    return months[0][0][1], months[2][0][1]


def retention(world, card, close, segment=None):
    """(NRR, GRR, logo retention) of the card's window closing in a projected month; None where undefined."""
    alone = replace(card, family="point_to_point" if card.family == "averaged" else card.family, average="none")
    if alone == card:
        return tuple(product(f) for f in FAMILIES[card.family](world, card, close - card.window_months, close, segment))
    terms = []
    for c in (close - back for back in range(card.average_months)):
        if c > world.start:
            found = [product(f) for f in FAMILIES[alone.family](world, alone, c - card.window_months, c, segment)]
            mrr, accounts = opens(world, alone, c, segment)
        else:
            found = known(world.at, alone, c, segment)
            past = known_opening(world.at, alone, c, segment)
            mrr, accounts = past
        terms.append((found, mrr, accounts))
    return tuple(mean(card, [(found[i], accounts if i == 2 else mrr) for found, mrr, accounts in terms]) for i in range(3))


def known_opening(at, card, close, segment):
    """Opening MRR and accounts of a window that has closed."""
    from cards import FAMILIES as PAST  # noqa: PLC0415 - the same names

    found = PAST[card.family](at, card, close - card.window_months, close, segment)
    return found[0][0][1], found[2][0][1]


def reaches(world, card, close):
    """Whether the data begins early enough for the card's window."""
    back = close - card.window_months
    back -= card.window_months - 1 if card.family == "revenue_window" else 0
    back -= card.average_months - 1 if card.average != "none" or card.family == "averaged" else 0
    return back >= world.first

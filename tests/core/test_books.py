"""Book of business: three rules that add up to one total, months shared exactly, transfers listed."""

import random
from fractions import Fraction

import pytest
from ledgers import make
from oracle import month, positions
from random_books import DIMENSIONS, MONTHS, START, lines

import nrr_core as nrr
from nrr_core import explain
from nrr_core.errors import SelectionError
from nrr_core.explain.owners import RULES
from nrr_core.periods import month_text

JAN = month("2024-01")


def held(account, *stretches):
    """One account as (months, MRR, owner) after each other."""
    made, at = [], JAN
    for months, amount, owner in stretches:
        if amount:
            made.append((account, at, at + months, int(amount * 10_000), (owner,)))
        at += months
    return made


def books(*accounts, window=4, last=JAN + 4, names=("owner",), **options):
    return explain.books(make([line for one in accounts for line in one], dimensions=names, last=last), window=window, **options)


def rule(found, name):
    rows = found.rules[found.rules["rule"] == name]
    return {o: (float(s), float(e)) for o, s, e in zip(rows["owner"], rows["opening_mrr"], rows["closing_mrr"], strict=True)}


def test_three_rules_side_by_side():
    found = books(held("a", (1, 100, "Ann"), (2, 100, "Ben"), (2, 200, "Ben")), held("b", (5, 100, "Ann")))
    assert rule(found, "open") == {"(all)": (200, 300), "Ann": (200, 300)}
    assert rule(found, "weighted") == {"(all)": (200, 300), "Ann": (125, 150), "Ben": (75, 150)}  # a: Ann 1 of 4 months, Ben 3
    assert rule(found, "current") == {"(all)": (200, 300), "Ann": (100, 100), "Ben": (100, 200)}
    assert found.table.set_index("owner")["open_nrr"]["Ann"] == 1.5


def test_an_account_that_left_stays_with_who_had_it():
    found = books(held("a", (1, 100, "Ann"), (1, 100, "Ben")))
    assert rule(found, "weighted") == {"(all)": (100, 0), "Ann": (50, 0), "Ben": (50, 0)}
    assert rule(found, "current")["Ben"] == (100, 0)


def test_the_current_owner_may_have_come_after_the_window():
    found = books(held("a", (5, 100, "Ann"), (1, 100, "Cy")), last=JAN + 5, close="2024-05")
    assert rule(found, "current")["Cy"] == (100, 100)
    assert found.transfers.empty


def test_what_can_not_be_shared_equally_goes_to_the_largest_remainder():
    found = books(held("a", (1, 0.0001, "Ann"), (2, 0.0001, "Ben"), (2, 0.0002, "Ben")))
    assert rule(found, "weighted") == {"(all)": (0.0001, 0.0002), "Ann": (0, 0.0001), "Ben": (0.0001, 0.0001)}


def test_transfers_are_listed_with_what_was_handed_over():
    found = books(held("a", (2, 100, "Ann"), (3, 150, "Ben")), held("b", (5, 70, "Ann")))
    assert found.transfers.to_dict("records") == [
        {"account_id": "a", "month": "2024-03", "from_owner": "Ann", "to_owner": "Ben", "mrr": 150}
    ]
    table = found.table.set_index("owner")
    assert (float(table.loc["Ben", "received_mrr"]), float(table.loc["Ann", "given_mrr"])) == (150, 150)


def test_a_filter_holds_as_of_window_open_under_every_rule():
    given = held("a", (2, 100, "Ann"), (3, 150, "Ben")), held("b", (5, 70, "Ben"))
    found = books(*given, where={"owner": ["Ann"]})
    assert all(rule(found, name)["(all)"] == (100, 150) for name in RULES)


def test_without_an_owner_one_has_to_be_named():
    with pytest.raises(SelectionError, match="No column of this data is an owner"):
        books(held("a", (5, 100, "EU")), names=("region",))
    assert books(held("a", (5, 100, "EU")), names=("region",), owner="region").owner == "region"


@pytest.mark.parametrize(
    ("accounts", "options", "sentence"),
    [
        ([held("a", (5, 100, "Ann"))], {}, "NRR is 100.0% over all books; nothing changed hands"),
        (
            [held("a", (1, 100, "Ann"), (4, 90, "Ann")), held("b", (5, 100, "Ben"))], {},
            "The lowest book is Ann 90.0%, the highest Ben 100.0%; nothing changed hands",
        ),
        (
            [held("a", (2, 100, "Ann"), (3, 50, "Ben")), held("b", (5, 100, "Ann"))], {},
            "The rule matters for Ann: NRR 75.0% by owner at open, 100.0% by current owner",
        ),
        ([held("a", (1, 100, "Ann"))], {}, "NRR is 0.0% over all books; nothing changed hands"),
        ([held("a", (1, 100, "Ann"))], {"close": "2024-06", "last": JAN + 5}, "Nobody paid at the open, so there is no book to look at"),
    ],
)  # fmt: skip
def test_the_headline_of_every_edge(accounts, options, sentence):
    assert explain.books_finding(books(*accounts, **options)) == sentence


def test_blank_owners_are_a_book():
    assert "(none)" in rule(books(held("a", (5, 100, "")), held("b", (5, 10, "Ann"))), "open")


# Random ledgers -----------------------------------------------------------------------------------------------------------


def shared(value, months):
    """A whole number shared by months, by largest remainder, in plain fractions."""
    whole = sum(months.values())
    exact = {owner: Fraction(value * n, whole) for owner, n in months.items()}
    floors = {owner: x.numerator // x.denominator for owner, x in exact.items()}
    for owner in sorted(exact, key=lambda o: (floors[o] - exact[o], o))[: value - sum(floors.values())]:
        floors[owner] += 1
    return floors


def weighted(at, open_, close):
    """Opening and closing by owner, weighted by time, in a plain loop."""
    opening, closing = {}, {}
    for months in at.values():
        if open_ not in months:
            continue
        held_by = {}
        for m in range(open_, close):
            if m in months:
                held_by[months[m][1][1]] = held_by.get(months[m][1][1], 0) + 1
        for sums, value in ((opening, months[open_][0]), (closing, months.get(close, (0,))[0])):
            for owner, share in shared(value, held_by).items():
                sums[owner] = sums.get(owner, 0) + share
    return opening, closing


def test_every_rule_adds_up_and_months_are_shared_as_in_a_plain_loop():
    chance, rounded = random.Random(9), 0
    for _ in range(8):
        given, last = lines(chance, 40), START + MONTHS - 1
        data, at = make(given, dimensions=DIMENSIONS, last=last), positions(given, last)
        for close in (last - 8, last):
            found = explain.books(data, window=7, close=month_text(close))
            total = nrr.retention(data, window=7, close=month_text(close)).iloc[0]
            for name in RULES:
                rows = found.rules[found.rules["rule"] == name]
                for column in ("opening_mrr", "closing_mrr"):
                    assert rows[column].iloc[0] == rows[column].iloc[1:].sum() == total[column]
            opening, closing = weighted(at, close - 7, close)
            told = rule(found, "weighted")
            del told["(all)"]
            assert {o or "(none)": (opening[o] / 10_000, closing[o] / 10_000) for o in opening} == told
            rounded += sum(each_share_rounded(at, close - 7, close)) != sum(opening.values())
    assert rounded  # the control: shares rounded one by one do not add up


def each_share_rounded(at, open_, close):
    """The openings with every share rounded by itself."""
    for months in at.values():
        if open_ in months:
            held_by = [months[m][1][1] for m in range(open_, close) if m in months]
            for owner in set(held_by):
                yield round(Fraction(months[open_][0] * held_by.count(owner), len(held_by)))


def test_transfers_of_random_ledgers_are_all_changes_of_owner():
    given, last = lines(random.Random(10), 150), START + MONTHS - 1
    data, at = make(given, dimensions=DIMENSIONS, last=last), positions(given, last)
    found = explain.books(data, window=12)
    expected = set()
    for account, months in at.items():
        if last - 12 not in months:
            continue
        before = months[last - 12][1][1]
        for m in range(last - 11, last + 1):
            if m in months and months[m][1][1] != before:
                expected.add((account, month_text(m), before or "(none)", months[m][1][1] or "(none)", months[m][0]))
                before = months[m][1][1]
    columns = (found.transfers[name] for name in ("account_id", "month", "from_owner", "to_owner"))
    told = {(*row, int(mrr * 10_000)) for *row, mrr in zip(*columns, found.transfers["mrr"], strict=True)}
    assert told == expected
    assert len(told) > 10

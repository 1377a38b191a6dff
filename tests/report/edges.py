"""Small ledgers for packs: one to add up in one's head, and the edges."""

import dataclasses

from ledgers import make
from oracle import month

JAN = month("2024-01")


def moving(account, amounts, *attributes):
    """Lines of an account that pays these amounts, month after month from January on."""
    return [(account, JAN + i, JAN + i + 1, amount * 10_000, attributes) for i, amount in enumerate(amounts) if amount]


def ledger(lines, dimensions=("plan",)):
    """A dataset that ends with the last month anybody's amounts are given for."""
    return make(lines, dimensions=dimensions if lines[0][4] else (), last=max(t for _, _, t, _, _ in lines) - 1)


HOSTILE = [
    "=1+1", '=HYPERLINK("http://x.example")', "http://x.example/a", "<script>alert(1)</script>", "]]>&amp;", "x" * 300, "שלום \u202e txt",
    "{nrr}", "{0} %s", "a\x0bb\ufffec", "+1 234", "@SUM(A1)", "name, with 97% in it", "株式会社" * 30,
]  # fmt: skip


def with_currency(data, currency):
    """The same dataset in another currency; it keeps the original alive."""
    made = dataclasses.replace(data, report={**data.report, "currency": currency})
    object.__setattr__(made, "original", data)
    return made


EDGES = {
    "one account": lambda: ledger(moving("only", (100, 120, 90), "big")),
    "all churned": lambda: make(moving("a", (100, 100, 0), "big") + moving("b", (50, 50, 0), "big"), dimensions=("plan",), last=JAN + 2),
    "zero opening": lambda: ledger(moving("late", (0, 0, 40), "big") + moving("early", (5, 0, 0), "big")),
    "no attributes": lambda: ledger(moving("a", (100, 100, 90)) + moving("b", (50, 60, 70))),
    "no window before": lambda: ledger(moving("a", (100, 90), "big") + moving("b", (50, 60), "small")),
    "no currency": lambda: with_currency(ledger(moving("a", (100, 100, 90), "big")), None),
    "long currency": lambda: with_currency(ledger(moving("a", (100, 100, 90), "big")), '"$"€<x> very long'),
    "hostile names": lambda: ledger(
        [line for i, name in enumerate(HOSTILE) for line in moving(name, (100 + i, 100 + i, 90 + i * 3), name)], dimensions=("=plan {x}",)
    ),
}

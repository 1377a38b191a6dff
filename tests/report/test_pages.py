"""What pages say: sentences of computed figures only, targets, gaps, and what is left out when there is nothing to say."""

from decimal import Decimal

import futures
import numpy as np
import pytest
from edges import JAN, ledger, moving
from hypothesis import given
from hypothesis import strategies as st
from ledgers import make
from seen import says, uncomputed

import nrr_core as nrr
from nrr_core import report
from nrr_core.charts.theme import COLOURS as CHART_COLOURS
from nrr_core.errors import DefinitionError, NrrError, SelectionError
from nrr_core.report.pack import words
from nrr_core.report.pack.account import brief_page
from nrr_core.report.pack.brand import COLOURS, contrast, on
from nrr_core.report.pack.make import facts_of, made_pages
from nrr_core.report.pack.page import Figure, Sentence, quoted
from nrr_core.report.pack.registry import PAGES
from nrr_core.report.pack.targets import gap_rows

TARGETS = {"nrr": 0.8, "grr": 0.7, "churn_rate": 0.08, "quick_ratio": 2.0}


def facts(data, **options):
    return facts_of(data, **({"window": 1, "close": "2024-03"} | options))


def pages(data, **options):
    return {page.kind: page for page in made_pages(facts(data, **options))}


def test_every_page_is_in_a_pack_and_says_what_it_holds():
    used = {kind.name for pack in report.PACKS for kind in report.pages(pack)}
    assert used == set(PAGES)
    assert all(len(kind.holds) > 20 and kind.title for kind, _ in PAGES.values())
    assert [kind.name for kind in report.pages("qbr") if kind.required] == ["stamp"]


def test_titles_state_the_finding(book):
    titles = {kind: page.title.text for kind, page in pages(book, targets={"nrr": 0.8}).items()}
    assert titles["outcomes"] == "NRR fell 30.0 pt to 70.0%; 75.0% of the customers stayed"
    assert titles["bridge"] == "Churn took $300; expansion won back $50"
    assert titles["movers"] == "The largest expansion is 100% of all ($50); the 2 largest losses are 100% of all ($350)"
    assert titles["trend"] == "NRR fell 30.0 pt since Feb 2024, to 70.0%"


def test_sentences_hold_the_figures_that_a_reader_adds_up(book):
    made = pages(book)
    assert [s.text for s in made["bridge"].bullets] == [
        "Of $1K at the open, $700 is still paid by the same accounts: NRR is 70.0%, GRR 65.0%",
        "$40 came from 1 new account; it does not count in NRR",
    ]
    assert [s.text for s in made["segments"].bullets] == [
        "small holds 60% of opening MRR, at NRR 50.0% and GRR 50.0%",
    ]


def test_arrivals_are_told_as_they_are():
    back = moving("back", (10, 0, 20), "x") + moving("stays", (50, 50, 50), "x")
    said = [pages(ledger(back))["bridge"].bullets[1].text, pages(ledger(back + moving("new", (0, 0, 5), "x")))["bridge"].bullets[1].text]
    assert said == [
        "$20 came from 1 account that came back; it does not count in NRR",
        "$5 came from 1 new account and $20 from 1 account that came back; neither counts in NRR",
    ]
    assert pages(ledger(moving("a", (50, 50, 40), "x")))["bridge"].bullets[1].text == "No account arrived or came back in this window"


def test_amounts_in_arr_are_twelve_times_mrr(book):
    made = pages(book, factor=12)
    assert made["bridge"].title.text == "Churn took $3.6K; expansion won back $600"
    assert made["bridge"].chart.series[0].figures[0].value == Decimal(12_000)


def test_targets_have_value_gap_and_status(book):
    made = pages(book, pack="okr", targets=TARGETS)
    rows = {row.cells[0].text: [cell.text for cell in row.cells[1:]] for row in made["targets"].table.rows}
    assert rows["NRR"] == ["70.0%", "80.0%", "−10.0 pt", "Missed"]
    assert rows["Churn rate"] == ["30.0%", "8.0%", "+22.0 pt", "Missed"]
    assert rows["Logo retention"] == ["75.0%", "–", "–", "No target"]
    assert rows["Quick ratio"] == ["0.26", "2.00", "−1.74", "Missed"]
    assert made["targets"].title.text == "4 of 4 targets missed; NRR by 10.0 pt"
    assert pages(book, pack="okr", targets={"grr": 0.65})["targets"].title.text == "All is met: 1 target"


def test_the_gap_is_the_sum_of_its_segments(book):
    name, target, rows = gap_rows(facts(book, targets={"nrr": 0.8}))
    assert (name, target) == ("nrr", 0.8)
    assert [(segment, round(share, 12)) for segment, _, _, share in rows] == [("small", -0.18), ("big", 0.08)]
    assert sum(row[3] for row in rows) == pytest.approx(0.7 - 0.8, abs=1e-12)
    page = pages(book, pack="okr", targets={"nrr": 0.8})["gap"]
    assert page.title.text == "small weighs most on NRR: −18.0 pt, where the whole gap is −10.0 pt"
    assert page.bullets[0].text == "Were small at 80.0%, NRR would be 88.0%"


@pytest.mark.parametrize("metric", ["nrr", "grr", "logo_retention", "expansion_rate", "contraction_rate", "churn_rate"])
def test_every_gap_on_the_sample_adds_up(sample, metric):
    made = facts_of(sample, targets={metric: 0.9}, by="region")
    found = gap_rows(made)
    whole = made.now.iloc[0]
    parts = {"nrr": whole.nrr, "grr": whole.grr, "logo_retention": whole.logo_retention}
    rates = {f"{n}_rate": float(whole[f"{n}_mrr"] / whole.opening_mrr) for n in ("expansion", "contraction", "churn")}
    assert sum(row[3] for row in found[2]) == pytest.approx((parts | rates)[metric] - 0.9, abs=1e-12)


def test_then_and_now_compares_with_three_months_earlier():
    data = ledger(moving("a", (100, 90, 90, 90, 90), "x") + moving("b", (100, 100, 100, 100, 60), "x"))
    page = {p.kind: p for p in made_pages(facts_of(data, pack="okr", window=1))}["then_and_now"]
    assert page.title.text == "Since the last QBR (Feb 2024) NRR fell 16.1 pt, to 78.9%"
    assert [c.text for c in page.table.rows[0].cells] == ["NRR", "95.0%", "78.9%", "−16.1 pt", "Worse"]


@pytest.mark.parametrize(("close", "compared"), [("2025-06", "2024-06"), ("2025-12", "2024-12")])
def test_a_year_to_date_is_compared_with_windows_as_long(sample, close, compared):
    made = facts_of(sample, window="year_to_date", close=close, pack="okr")
    assert made.series["close"].tolist()[-2:] == [compared, close]
    assert set(made.series["window"]) == {int(close[5:])}
    assert "then_and_now" not in {page.kind for page in made_pages(made)}
    assert (made.before is None) == (close == "2025-06")


def test_pages_are_chosen_dropped_and_reordered(book, future):
    kept = [page.kind for page in made_pages(facts(book, **future), ["trend", "bridge"])]
    assert kept == ["trend", "bridge", "stamp"]
    assert [p.kind for p in made_pages(facts(book), ["stamp", "trend"])] == ["stamp", "trend"]


def test_pages_without_their_input_are_left_out(book, future):
    assert not {"runway", "scenario", "levers", "decisions"} & set(pages(book))
    assert {"runway", "scenario", "levers", "decisions"} <= set(pages(book, **future))
    bare = {"projection": futures.projection(decided=False), "runway": futures.runway(empty=True)}
    assert not {"runway", "decisions"} & set(pages(book, **bare))


@pytest.mark.parametrize(
    ("options", "words_of_it"),
    [
        ({"pack": "qrb"}, "Did you mean “qbr”"),
        ({"form": "ppt"}, "Did you mean “pptx”"),
        ({"pages": ["brige"]}, "Did you mean “bridge”"),
        ({"pages": ["scenario"]}, "needs a scenario’s projection"),
        ({"pages": ["runway"]}, "needs the runway"),
        ({"targets": {"nnr": 1}}, "Did you mean “nrr”"),
        ({"targets": {"nrr": float("nan")}}, "it must be a ratio"),
        ({"targets": {"nrr": "1.05"}}, "it must be a ratio"),
        ({"factor": 100}, "1 shows MRR, 12 ARR"),
        ({"by": "plam"}, "There is no dimension “plam”"),
        ({"window": 12, "close": None}, "shorter than one such window"),
    ],
)
def test_what_cannot_be_built_is_refused_with_a_sentence(book, options, words_of_it):
    with pytest.raises(SelectionError, match=words_of_it):
        report.build(book, **({"window": 1} | options))


def test_a_renewal_rate_is_refused(book):
    with pytest.raises(DefinitionError, match="is not NRR"):
        report.build(book, window=1, card=nrr.Definition(family="renewal_base"))


def test_the_scenario_is_told_against_the_baseline(book, future):
    made = pages(book, **future)
    assert made["scenario"].title.text == "Scenario: NRR 100.0% in place of 90.0%, and $100K more MRR"
    assert [s.text for s in made["scenario"].bullets] == [
        "Against the target of 105.0% the scenario’s NRR stands at −5.0 pt",
        "In 62% of the simulated runs NRR reaches 105.0%",
    ]
    assert made["levers"].title.text == "Churn −50 % in SMB does most: it adds $80K of MRR, +8.0 pt of NRR"
    assert made["decisions"].title.text == "2 account decisions: $38K of MRR today, $21K expected"
    assert made["runway"].title.text == "$465K of MRR comes up for renewal by Jul 2026, in 30 accounts"


def test_a_scenario_without_levers_is_the_baseline(book):
    made = pages(book, projection=futures.projection(levers=False, decided=False, target=None))
    assert made["scenario"].title.text == "The scenario is the baseline: NRR 90.0%"
    assert made["levers"].title.text == "No lever changes the baseline"


def test_the_brief_names_the_account_and_its_moves(book):
    page, _ = brief_page(book, "grown", window=1, close="2024-03", card=nrr.STANDARD, runway=None, projection=None, factor=1)
    assert page.title.text == "grown pays $250, $50 more than in Feb 2024 (NRR 125.0%)"
    assert [s.text for s in page.bullets] == ["Mar 2024: added $50", "Jan 2024: started with $200"]
    gone, _ = brief_page(book, "gone", window=1, close=None, card=nrr.STANDARD, runway=None, projection=None, factor=1)
    assert gone.title.text == "gone left after Feb 2024, when it paid $300"


def test_a_brief_of_nobody_is_refused(book):
    with pytest.raises(SelectionError, match="No account “nobody”"):
        report.brief(book, "nobody")
    with pytest.raises(SelectionError, match="lies outside"):
        report.brief(book, "late", close="2024-01")


FREE_HAND = [
    Sentence("NRR is 97%"),
    Sentence("NRR is 97.0% and GRR 90.0%", (words.percent("NRR", 0.97),)),
    Sentence("NRR is 97.0%", (Figure("NRR", "97.0%", 0.5, "ratio"),)),
    Sentence("Churn took $2K", (Figure("Churn", "$2K", Decimal(3000), "money"),)),
]


@pytest.mark.parametrize("sentence", FREE_HAND)
def test_the_check_of_figures_sees_a_number_that_nobody_computed(sentence):
    assert uncomputed(sentence)


def test_a_figure_is_quoted_only_where_it_stands_by_itself():
    candidates = [Figure("", text, 0, "money") for text in ("$1", "$1.03M", "$0", "5.0%", "15.0%", "big", "bigger")]
    found = quoted("Expansion added $1.03M (15.0% of opening), bigger than $0.", candidates)
    assert [figure.text for figure in found.figures] == ["$1.03M", "$0", "15.0%", "bigger"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["big", "small", "2 to 9"]), st.lists(st.integers(0, 3_000), min_size=4, max_size=4)),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(list(report.PACKS)),
    st.sampled_from([1, 12]),
    st.sampled_from([None, TARGETS]),
)
def test_every_figure_of_a_sentence_is_computed(accounts, pack, factor, targets):
    lines = [line for i, (plan, amounts) in enumerate(accounts) for line in moving(f"a{i}", (1, *amounts), plan)]
    data = make(lines, dimensions=("plan",), last=JAN + 4)
    future = {"projection": futures.projection(), "runway": futures.runway(accounts=3), "simulation": futures.simulation()}
    made = facts_of(data, pack=pack, window=1, factor=factor, targets=targets, **future)
    found = made_pages(made)
    assert len(found) > 4
    for page in found:
        for sentence in page.sentences:
            assert uncomputed(sentence) == [], (page.kind, sentence)
            numeric = [f for f in sentence.figures if f.unit not in {"text", "name"}]
            assert sentence.source or not numeric, sentence.text
        cells = [f for row in page.table.rows for f in row.cells] if page.table else []
        points = [f for series in page.chart.series for f in series.figures] if page.chart else []
        assert all(says(f) for f in [*cells, *points]), page.kind


def test_figures_of_the_sample_are_the_librarys(sample):
    made = {p.kind: p for p in made_pages(facts_of(sample, by="size"))}
    want = nrr.retention(sample, window=12, close="2025-12", by="size").set_index("segment")
    bridge = nrr.movements(sample, window=12, close="2025-12").iloc[0]
    steps = {f.label: f.value for f in made["bridge"].chart.series[0].figures}
    assert steps["Churn"] == bridge.churn_mrr
    assert steps["Closing"] == bridge.closing_mrr
    bars = dict(zip(made["segments"].chart.categories, made["segments"].chart.series[0].values, strict=True))
    assert bars == {"All accounts": want.nrr["(all)"], **{s: want.nrr[s] for s in ("Enterprise", "Mid-Market", "SMB")}}


def test_a_small_base_is_grey_and_said(book):
    page = pages(book)["segments"]
    assert page.chart.series[0].tones == ("total", "faint", "faint")
    assert page.footnote.text.startswith("Grey: fewer than 10 opening accounts")


def test_the_newest_close_that_is_over_is_taken(sample, monkeypatch):
    assert facts_of(sample).close == "2025-12"
    from nrr_core import dataset  # noqa: PLC0415 - only here

    monkeypatch.setattr(dataset, "current_month", lambda: sample.last)
    assert facts_of(sample).close == "2025-11"


@pytest.mark.parametrize("colour", ["#0067A6", "#FFDD00", "#ffffff", "#000000", "#777777"])
def test_text_on_the_brand_colour_is_legible(colour):
    assert contrast(on(colour), colour) >= 4.4
    assert contrast(report.Brand(colour=colour).ink, "#ffffff") >= 4.5
    assert contrast(report.Brand(colour=colour).line, "#ffffff") >= 3


def test_a_text_that_is_always_white_would_not_be_legible():
    assert contrast("#ffffff", "#FFDD00") < 3


@pytest.mark.parametrize("colour", ["blue", "#12345", "#12345g", "#0067A6;"])
def test_a_colour_that_is_none_is_refused(colour):
    with pytest.raises(NrrError, match="is not a colour"):
        report.Brand(colour=colour)


def test_the_colours_are_the_charts():
    for role, colour in COLOURS.items():
        assert role == "paper" or CHART_COLOURS[role][0] == colour
    assert report.Brand().colour == CHART_COLOURS["accent"][0]


def test_a_ratio_that_is_undefined_is_a_dash():
    assert words.percent("NRR", np.nan).text == "–"
    assert words.points("Gap", None).text == "–"
    assert words.money("Churn", None, prefix="$").text == "–"

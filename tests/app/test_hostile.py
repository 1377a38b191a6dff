"""Names that would act somewhere else stay text on screen. Files taken away are the bar `export` (`qa/bars/export.py`)."""

import csv
import io
import re

import pytest
from face import EXPLORING, PAGES, clicked, opened, unbroken
from streamlit.testing.v1 import AppTest

from nrr_core.ledger import account_key
from nrr_core.scenarios import Decision, Lever, Scenario
from pages.ui.desk import Desk
from pages.ui.present import safe_text

PAYLOADS = (
    "![x](http://evil.test/a.png)",
    "[a](javascript:alert(1))",
    ":red[x]",
    "$a$",
    "<img src=x onerror=alert(1)>",
    "=1+1",
    '=HYPERLINK("http://evil.test","x")',
    "@SUM(1)",
    "+1+1",
    "-1+1",
    ":material/home:",
    "`code`",
    "**bold**",
    "<script>alert(1)</script>",
    "https://evil.test",
)
ATTRIBUTES = PAYLOADS[:6]  # one of each kind as the name of a column
MARKUP = re.compile(  # the same characters, where nothing in front of them takes away their meaning
    r"!\[x\]\(|(?<!\\)\[a\]\(|(?<!\\):red\[|(?<!\\)\$a\$|(?<!\\)<(img|script)|\*\*bold\*\*|(?<!\\)`code`|:material/home:"
    r"|://evil\.test"
)
PLAIN = {"code", "text", "arrow_data_frame", "vega_lite_chart"}  # elements that read no markdown
SPOKEN = ("body", "label", "help", "delta", "delta_description", "value", "text")


def hostile_text():
    """Every payload as an account, as a segment and as the name of an attribute."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(["account_id", "month", "mrr_usd", *ATTRIBUTES])
    for k, payload in enumerate(PAYLOADS):
        for month in range(1, 5):
            values = [PAYLOADS[(k + shift) % len(PAYLOADS)] for shift in range(len(ATTRIBUTES))]
            write.writerow([payload, f"2025-{month:02d}", 100 + (k - 7) * month, *values])
    return out.getvalue()


@pytest.fixture(scope="module")
def hostile(read):
    return read(hostile_text(), name="![x](http://evil.test/name.png)")


def marked_down(node):
    """Every text below a node that is shown as markdown, with the kind of element it is in."""
    for child in (getattr(node, "children", None) or {}).values():
        yield from marked_down(child)
    kind, proto = getattr(node, "type", ""), getattr(node, "proto", None)
    if not hasattr(proto, "DESCRIPTOR") or kind in PLAIN:
        return
    for field in SPOKEN:
        value = getattr(proto, field, "")
        if isinstance(value, str) and not (field == "value" and kind == "text_input"):
            yield kind, value
    if kind in {"radio", "pills", "segmented_control", "button_group"}:
        for option in proto.options:
            yield kind, option if isinstance(option, str) else option.content


def acting(app):
    return [(kind, text) for place in (app.main, app.sidebar) for kind, text in marked_down(place) if MARKUP.search(text)]


def test_the_look_for_markup_sees_it():
    app = AppTest.from_string("import streamlit as st\nst.metric('![x](http://evil.test)', '$a$')\nst.radio('r', [':red[x]'])").run()
    assert {kind for kind, _ in acting(app)} == {"metric", "radio"}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_safe_text_leaves_no_markup(payload):
    assert not MARKUP.search(safe_text(payload))


@pytest.mark.parametrize(
    ("text", "kept"), [("a -> b", "-\u2060>"), ("a <- b", "<\u2060-"), ("a >= b", ">\u2060="), (":streamlit:", ":\u2060streamlit")]
)
def test_safe_text_keeps_marks_from_becoming_signs(text, kept):
    assert kept in safe_text(text).replace("\\", "")


def test_every_payload_is_an_account_and_a_segment(hostile):
    assert hostile.accounts == len(PAYLOADS)
    assert hostile.dimensions == ATTRIBUTES
    assert all(set(axis.segments) == set(PAYLOADS) for axis in hostile.axes)


@pytest.mark.parametrize("page", PAGES)
def test_names_are_text_on_every_page(page, hostile):
    assert acting(opened(page, hostile)) == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_an_account_s_page_shows_its_name_as_text(payload, hostile):
    app = opened("accounts", hostile, account=account_key(payload))
    assert acting(app) == []
    assert not app.error


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_wrong_account_in_the_address_is_told_as_text(payload, book):
    app = opened("accounts", book, account=payload)
    assert app.error
    assert acting(app) == []


@pytest.mark.parametrize("payload", PAYLOADS[:5])
def test_accounts_of_a_clicked_segment_are_told_as_text(payload, hostile):
    app = clicked(opened("segments", hostile), "bars", segment=payload)
    assert not app.error
    assert acting(app) == []


def test_accounts_of_a_clicked_cell_are_told_as_text(hostile):
    app = opened("cohorts", hostile)
    app.selectbox(key="cohort_by").select(hostile.dimensions[0]).run()
    assert acting(clicked(app, "heatmap", cohort=PAYLOADS[0], age=1)) == []


def test_accounts_of_two_segments_are_told_as_text(hostile):
    first, second = hostile.axes[0], hostile.axes[1]
    app = clicked(opened("segments", hostile), "matrix", row=first.segments[0], column=second.segments[0])
    assert acting(app) == []


@pytest.mark.parametrize("section", ["Result", "Decisions", "Goal seek", "Sensitivity", "Compare"])
def test_names_in_a_scenario_are_text_in_every_section(section, hostile):
    """Payloads as its name, its levers' names and places, its accounts and their notes."""
    levers = tuple(Lever("churn", -0.1, where=((name, (PAYLOADS[k],)),), name=PAYLOADS[k]) for k, name in enumerate(ATTRIBUTES))
    decisions = tuple(Decision(payload, "lose", note=payload) for payload in (*PAYLOADS, "[a](javascript:alert(1)) not here"))
    scenario = Scenario(levers[:3], decisions, by=ATTRIBUTES[0], name=PAYLOADS[0], description=PAYLOADS[4])
    app = opened("scenarios", hostile, section=section)
    app.session_state["kept_desk"] = Desk(scenario, turn=1)
    assert acting(unbroken(app.run())) == []


@pytest.mark.parametrize("page", [page for page in EXPLORING if page != "scenarios"])
def test_every_attribute_can_be_filtered(page, hostile):
    app = opened(page, hostile)
    for name in hostile.dimensions:
        app.multiselect(key=f"f_{name}").select(PAYLOADS[0])
    assert not unbroken(app.run()).error


def files(app, made_on_click, label):
    buttons = [one for one in app.get("download_button") if one.proto.label == label]
    return [made_on_click[one.proto.deferred_file_id]() for one in buttons]


@pytest.mark.parametrize("page", ["waterfall", "cohorts", "segments"])
def test_pictures_are_made_on_click(page, made_on_click, book):
    app = opened(page, book)
    assert all(file.startswith(b"\x89PNG") for file in files(app, made_on_click, "PNG"))
    assert all(b"<svg" in file[:200] for file in files(app, made_on_click, "SVG"))

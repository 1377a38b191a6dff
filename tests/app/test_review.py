"""Review: packs with chosen pages, targets and the scenario on the desk."""

import io

import openpyxl
import pytest
from face import headline, opened, plain, turned, unbroken
from pptx import Presentation

from nrr_core.scenarios import Lever, Scenario
from pages.ui.desk import Desk
from qa.face import making


def titles(app):
    """What the page says about the pack, one line a page."""
    return [plain(one.value).split(" ", 1)[1] for one in app.markdown if plain(one.value)[:1].isdigit()]


@pytest.mark.parametrize(("pack", "first"), [("QBR", "Quarterly business review"), ("OKR", "Objectives and key results"), ("Board", None)])
def test_a_pack_says_what_its_pages_find(book, pack, first):
    app = opened("review", book, pack=pack)
    told = titles(app)
    assert headline(app) == f"{pack} pack: {len(told)} pages, window closing in Dec 2025"
    assert first in {None, told[0]}
    assert told[-1] == "What these numbers rest on"


def test_the_outcome_is_the_library_s(book):
    assert any("77.5%" in title for title in titles(opened("review", book)))


def test_the_scenario_on_the_desk_is_in_the_pack(book):
    app = opened("review", book)
    assert "The scenario is the baseline" in " ".join(titles(app))
    app.session_state["kept_desk"] = Desk(Scenario(levers=(Lever("churn", -0.5),), name="Half"))
    told = " ".join(titles(unbroken(app.run())))
    assert "Scenario: NRR" in told
    assert any("Half" in one.value for one in app.caption)


def test_a_target_makes_a_gap(book):
    app = opened("review", book, pack="OKR")
    app.number_input(key="target_nrr").set_value(100.0)
    assert any("NRR" in title and "22.5 pt" in title for title in titles(unbroken(app.run())))


def test_slides_and_workbook_are_what_was_said(book):
    with making() as made:
        app = opened("review", book)
        wanted = {one.proto.label: one.proto.url or one.proto.deferred_file_id for one in app.get("download_button")}
        slides, book_file = (next(make for at, make in made.items() if at in wanted[label])() for label in ("Slides", "Workbook"))
    shown = [slide.shapes.title.text_frame.text if slide.shapes.title else None for slide in Presentation(io.BytesIO(slides)).slides]
    assert len(shown) == len(titles(app))
    assert "Bridge" in openpyxl.load_workbook(io.BytesIO(book_file)).sheetnames


def test_a_logo_that_is_no_picture_is_refused_and_the_pack_still_made(book):
    app = opened("review", book)
    app.file_uploader(key="brand_logo").set_value(("logo.png", b"not a picture", "image/png"))
    unbroken(app.run())
    assert any("PNG or JPEG" in plain(one.value) for one in app.error)
    assert titles(app)


def test_review_and_scenarios_share_the_filter(book):
    app = turned(opened("scenarios", book, f_region=["EMEA"]), "review")
    assert titles(app)


@pytest.mark.parametrize("fixture", ["bare", "emptied"])
def test_thin_data_makes_a_pack(fixture, request):
    assert titles(opened("review", request.getfixturevalue(fixture)))


def test_an_account_s_page_offers_its_brief(book):
    from nrr_core.ledger import account_key  # noqa: PLC0415 - used here alone

    with making() as made:
        app = opened("accounts", book, account=account_key("A"))
        button = next(one for one in app.get("download_button") if one.proto.label == "Account brief, one slide")
        at = button.proto.url or button.proto.deferred_file_id
        brief = next(make for key, make in made.items() if key in at)()
    assert len(Presentation(io.BytesIO(brief)).slides) == 1

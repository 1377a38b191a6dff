"""What holds on every page: small data, filters, addresses, and the dataset on screen."""

import datetime as dt

import pytest
from face import EXPLORING, PAGES, cards, headline, opened, plain, plotted, table_with, turned, unbroken

WINDOWED = [page for page in EXPLORING if page not in {"cohorts", "scenarios"}]


@pytest.mark.parametrize("page", PAGES)
def test_title_is_the_page_s_name(page):
    assert [one.value for one in opened(page).title] == [page.capitalize()]


@pytest.mark.parametrize("page", PAGES)
def test_sample_data_is_badged(page):
    assert any("Sample data" in one.value for one in opened(page).sidebar.markdown)


@pytest.mark.parametrize("page", PAGES)
def test_own_data_is_badged_by_name(page, book):
    side = opened(page, book).sidebar
    assert any("Not saved" in one.value for one in side.markdown)
    assert any(one.value.startswith("Book.") for one in side.caption)
    assert any("5 accounts · 2024-12 to 2025-12" in one.value for one in side.caption)


@pytest.mark.parametrize("page", WINDOWED)
def test_one_month_of_data_is_a_sentence(page, one_month):
    app = opened(page, one_month)
    assert "needs two period ends" in app.info[0].value
    assert not app.error


@pytest.mark.parametrize("page", ["cohorts", "data", "definitions"])
def test_one_month_of_data_breaks_no_page_without_a_window(page, one_month):
    assert not opened(page, one_month).error


@pytest.mark.parametrize("page", WINDOWED)
def test_a_window_longer_than_the_data_is_a_sentence(page, emptied):
    assert "needs two period ends" in opened(page, emptied, window="12 months").info[0].value


@pytest.mark.parametrize("page", PAGES)
def test_data_without_attributes_works(page, bare):
    app = opened(page, bare)
    assert not app.error
    assert not app.multiselect


@pytest.mark.parametrize("page", PAGES)
def test_data_where_everybody_left_works(page, emptied):
    assert not opened(page, emptied).error


def test_everybody_left_is_zero_per_cent(emptied):
    shown = cards(opened("overview", emptied))
    assert (shown["NRR"], shown["GRR"], shown["Logo retention"]) == ("0.0%", "0.0%", "0.0%")


def test_everybody_left_is_zero_in_the_segments(emptied):
    assert plotted(opened("segments", emptied), "bars", "rows", "total")["value"].tolist() == [0, 0]


@pytest.mark.parametrize("page", [page for page in EXPLORING if page != "scenarios"])
def test_nobody_at_the_opening_works(page, late):
    assert not opened(page, late, f_region="APAC").error


def test_nobody_at_the_opening_is_a_dash(late):
    shown = cards(opened("overview", late, f_region="APAC"))
    assert (shown["NRR"], shown["GRR"], shown["Logo retention"]) == ("–", "–", "–")


def test_nobody_at_the_opening_is_said(late):
    assert headline(opened("overview", late, f_region="APAC")).startswith("Nobody was paying when this window opened")
    assert headline(opened("waterfall", late, f_region="APAC")).startswith("Nothing was paid at the open; $50 arrived")


@pytest.mark.parametrize("page", EXPLORING)
def test_a_segment_in_the_address_fills_the_filter(page, book):
    assert opened(page, book, f_region="EMEA").multiselect(key="f_region").value == ["EMEA"]


def test_a_segment_in_the_address_narrows_overview(book):
    assert cards(opened("overview", book, f_region="EMEA"))["NRR"] == "105.0%"  # 210 of 200


def test_a_segment_in_the_address_narrows_accounts(book):
    assert set(table_with(opened("accounts", book, f_region="EMEA"), "account_id")["account_id"]) == {"A", "B"}


@pytest.mark.parametrize("page", EXPLORING)
def test_a_filter_survives_a_change_of_page(page, book):
    app = opened("overview", book)
    app.multiselect(key="f_region").select("EMEA").run()
    assert turned(app, page).multiselect(key="f_region").value == ["EMEA"]


@pytest.mark.parametrize("page", WINDOWED)
def test_a_window_survives_a_change_of_page(page, book):
    app = opened("waterfall", book)
    app.selectbox(key="window").select("3 months").run()
    assert turned(app, page).selectbox(key="window").value == "3 months"


@pytest.mark.parametrize("page", EXPLORING)
def test_an_unknown_segment_in_the_address_is_dropped(page, book):
    app = opened(page, book, f_region="Atlantis")
    assert not app.error
    assert app.multiselect(key="f_region").value == []
    assert "f_region" not in app.query_params


@pytest.mark.parametrize(("key", "value"), [("window", "12 years"), ("asof", "1999-01"), ("unit", "BTC"), ("fy", "Brumaire")])
def test_a_bad_value_in_the_address_is_dropped(book, key, value):
    app = opened("waterfall", book, **{key: value})
    assert not app.error
    assert key not in app.query_params


@pytest.mark.parametrize(
    ("page", "key"),
    [("segments", "by"), ("segments", "by2"), ("cohorts", "cohort_by"), ("cohorts", "cadence"), ("accounts", "state"),
     ("segments", "measure"), ("cohorts", "cohort_measure"), ("definitions", "part")],
)  # fmt: skip
def test_a_bad_value_of_a_page_s_own_control_is_dropped(book, page, key):
    app = opened(page, book, **{key: "no such thing"})
    assert not app.error
    assert key not in app.query_params


@pytest.mark.parametrize("page", PAGES)
def test_unknown_keys_in_the_address_change_nothing(page, book):
    assert not opened(page, book, f_planet="Mars", kept_job="1", source="x").error


def test_a_close_that_the_new_window_does_not_have_falls_back(book):
    app = opened("waterfall", book, asof="2025-06", window="3 months")
    assert app.selectbox(key="asof").value == "2025-06"
    app.selectbox(key="window").select("12 months").run()
    assert app.selectbox(key="asof").value == "2025-12"
    assert not app.error


@pytest.mark.parametrize("page", EXPLORING)
def test_going_back_to_the_sample_drops_the_filters(page, book):
    app = opened("waterfall", book, f_region="EMEA", window="3 months")
    turned(app, "data")
    next(button for button in app.button if button.label == "Back to the sample data").click()
    unbroken(app.run())
    turned(app, page)
    assert app.multiselect(key="f_region").value == []


@pytest.mark.parametrize("page", EXPLORING)
def test_stamp_names_the_dataset_and_the_filters(page, book):
    said = " ".join(one.value for one in opened(page, book, f_region="EMEA").text)
    assert f"Book · {book.sha256[:12]}" in said
    assert "Filters: region: EMEA" in said


def test_segments_alike_in_their_first_sixty_characters_are_told_apart(read):
    alike = "a very long name that two segments share from its beginning to" + " x" * 10
    rows = "".join(f"{a},2025-{m},{v},{alike} {a}\n" for a, v in (("A", 100), ("B", 50)) for m in ("01", "02"))
    app = opened("waterfall", read("account_id,month,mrr_usd,region\n" + rows))
    app.multiselect(key="f_region").select(f"{alike} B").run()
    assert plotted(app, "steps", "ticks")["amount"].iloc[0] == 50


def test_one_account_is_not_called_accounts(read):
    app = opened("overview", read("account_id,month,mrr_usd\nA,2025-01,100\nA,2025-02,120\n"))
    assert any(one.value.startswith("1 account ·") for one in app.sidebar.caption)


def test_an_unfinished_month_is_called_partial(read):
    now = dt.datetime.now(dt.UTC).date()
    before = (now.replace(day=1) - dt.timedelta(days=1)).strftime("%Y-%m")
    text = f"account_id,month,mrr_usd\nA,{before},100\nA,{now:%Y-%m},100\n"
    said = [plain(one.value) for one in opened("waterfall", read(text)).warning]
    assert any("partial" in one for one in said)


def test_without_sign_in_the_sidebar_says_whose_app_it_is():
    app = opened("overview")
    assert "This machine only" in [caption.value for caption in app.sidebar.caption]
    assert [button.label for button in app.button if button.label in {"Sign in", "Sign out"}] == []

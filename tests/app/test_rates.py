"""Exchange rates in the app: asked for, uploaded, kept with what is saved, and shown as a bar of their own."""

import shutil

import pytest
from face import cards, clicked, headline, opened, plain, plotted, press, reread, table_with, turned, unbroken

import nrr_core as nrr
from nrr_core.ledgers import facts
from pages.ui import backend, cache

pytestmark = pytest.mark.usefixtures("own_store")
REVENUE = "account_id,month,mrr,currency,plan\n" + "".join(
    f"us,2025-{m:02d},{100 + m},USD,Pro\neu,2025-{m:02d},{200 + 10 * m},EUR,Basic\n" for m in range(1, 5)
)
RATES = "currency,month,rate\nUSD,2025-01,1\nEUR,2025-01,1.1\nEUR,2025-02,1.2\nEUR,2025-04,0.9\n"
WHOLE = RATES + "EUR,2025-03,1.2\n"
CURRENCY = "q_currency"


def given(app, **files):
    for key, text in files.items():
        app.file_uploader(key=f"{key}_file").upload(f"{key}.csv", text.encode())
    return unbroken(app.run())


def read(**files):
    return reread(given(opened("data"), **files))


def on_disk(tmp_path):
    revenue, rates = tmp_path / "revenue.csv", tmp_path / "rates.csv"
    revenue.write_text(REVENUE, encoding="utf-8")
    rates.write_text(RATES, encoding="utf-8")
    return nrr.read(revenue, rates=rates)


def questions(app):
    return [plain(one.label) for one in app.radio if one.key == CURRENCY]


def converted(app):
    return [one.value for one in app.text if one.value.startswith("Exchange rates:")]


def bars(app):
    return plotted(app, "steps", "ticks").set_index("step")


def test_an_upload_with_rates_reads_all_currencies(tmp_path):
    app = read(revenue=REVENUE, rates=RATES)
    assert not questions(app)
    assert headline(app) == "8 rows accepted, none set aside"
    data = app.session_state["kept_import"].data
    assert (facts(data).currencies, facts(data).base) == (("EUR", "USD"), "USD")
    assert data.sha256 == on_disk(tmp_path).sha256


def test_the_question_about_currencies_says_that_rates_can_be_added_and_they_answer_it():
    app = read(revenue=REVENUE)
    assert len(questions(app)) == 1, "the control: without rates one currency has to be chosen"
    assert "Which one is read?" in questions(app)[0]
    assert "add a file of exchange rates (currency, month, rate)" in questions(app)[0]
    app = reread(given(app, rates=RATES))
    assert not questions(app)
    assert headline(app) == "8 rows accepted, none set aside"


def test_rates_are_added_to_the_files_kept_from_the_last_attempt():
    app = turned(turned(read(revenue=REVENUE, accounts="account_id,owner\nus,Kim\neu,Sam\n"), "overview"), "data")
    assert any("Kept from the last attempt: revenue.csv, accounts.csv" in plain(one.value) for one in app.caption)
    app = reread(given(app, rates=RATES))
    data = app.session_state["kept_import"].data
    assert headline(app) == "8 rows accepted, none set aside"
    assert "owner" in data.dimensions, "the account attributes were kept too"


def test_rates_with_account_attributes_are_not_taken_for_them():
    app = read(revenue=REVENUE, accounts="account_id,owner\nus,Kim\neu,Sam\n", rates=RATES)
    data = app.session_state["kept_import"].data
    assert "owner" in data.dimensions
    assert facts(data).currencies == ("EUR", "USD")
    assert len(app.session_state["kept_import"].draft.raw) == 3


def test_a_file_of_rates_that_cannot_be_trusted_is_refused_in_words():
    app = read(revenue=REVENUE, rates=RATES.replace("0.9", "zero"))
    assert "Rates file: row 4" in plain(app.error[0].value)
    assert "is not a rate" in plain(app.error[0].value)


def test_one_line_says_what_was_converted_and_which_months_took_an_older_rate():
    assert converted(read(revenue=REVENUE, rates=RATES)) == ["Exchange rates: EUR converted into USD. 1 month of EUR took an older rate."]
    assert converted(read(revenue=REVENUE, rates=WHOLE)) == ["Exchange rates: EUR converted into USD. Every month has a rate of its own."]
    late = WHOLE.replace("EUR,2025-01,1.1\n", "")
    assert converted(read(revenue=REVENUE, rates=late)) == [
        "Exchange rates: EUR converted into USD. 1 month of EUR took the first rate there is."
    ]
    assert not converted(read(revenue=REVENUE.replace("EUR", "USD"))), "the control: nothing is converted here"


def test_a_saved_version_keeps_the_rates(tmp_path):
    app = read(revenue=REVENUE, rates=RATES)
    app = press(app, "Save")
    held = backend.store().datasets.listed(backend.store().people.local, backend.store().people.local.memberships[0].workspace_id)[0]
    shutil.rmtree(backend.store().files.cache)
    backend.store().files.cache.mkdir()
    cache.published()
    data = backend.store().datasets.open(backend.store().people.local, held)
    want = on_disk(tmp_path)
    assert data.sha256 == want.sha256
    assert nrr.movements(data, window=1).equals(nrr.movements(want, window=1)), "from the stored tables alone"
    assert converted(unbroken(app.run()))


def test_the_waterfall_closes_at_the_reported_total_with_a_bar_for_rates(tmp_path):
    app = turned(read(revenue=REVENUE, rates=RATES), "waterfall")
    app.selectbox(key="window").select("1 month").run()
    want = nrr.movements(on_disk(tmp_path), window=1, close="2025-04").iloc[0]
    drawn = bars(app)
    assert list(drawn.index)[-2:] == ["fx", "closing"]
    assert drawn.loc["closing", "amount"] == float(want["closing_mrr"]) == 104 + 240 * 0.9
    assert (drawn.loc["fx", "kind"], drawn.loc["fx", "amount"]) == ("loss", pytest.approx(240 * 0.3))
    assert any("at the exchange rates of Mar 2025" in one.value for one in app.caption)
    assert float(table_with(app, "fx_mrr", "closing_mrr")["fx_mrr"].iloc[0]) == pytest.approx(-72)


def test_a_click_on_the_bar_of_rates_opens_the_accounts_that_pay():
    app = turned(read(revenue=REVENUE, rates=RATES), "waterfall")
    clicked(app, "bridge", step="fx")
    assert "Exchange rates: 2 accounts" in [plain(one.value) for one in app.header]


def test_the_overview_closes_where_the_waterfall_does():
    app = turned(read(revenue=REVENUE, rates=WHOLE), "overview")
    assert cards(app)["Closing MRR"].endswith("320")


def test_a_control_total_is_compared_at_the_rates_of_its_month():
    app = read(revenue=REVENUE, rates=RATES)
    app.number_input(key="control").set_value(320.0).run()
    assert app.success[0].value.startswith("Agrees: 320.00 at the end of Apr 2025")


def test_without_rates_there_is_no_bar_and_no_note():
    app = opened("waterfall")
    assert "fx" not in bars(app).index
    assert not any("exchange rates" in one.value for one in app.caption)


def test_the_example_of_a_rates_file_is_one_that_is_read(tmp_path):
    from pages.ui import templates  # noqa: PLC0415 - its text alone

    name, text = templates._FILES["Exchange rates"]
    rates, revenue = tmp_path / name, tmp_path / "revenue.csv"
    rates.write_text(text, encoding="utf-8")
    revenue.write_text("account_id,month,mrr,currency\na,2025-01,10,EUR\nb,2025-01,10,USD\n", encoding="utf-8")
    data = nrr.read(revenue, rates=rates)
    assert facts(data).base == "USD"
    assert any(button.label == "Exchange rates" for button in opened("data").get("download_button"))

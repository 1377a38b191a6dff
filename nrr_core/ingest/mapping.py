"""Which column is what: guessed from names, with the reason shown, and changed by ``--map FIELD=COLUMN``."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from nrr_core.errors import Verdict, nearest
from nrr_core.ingest.dates import parse_day
from nrr_core.ingest.notes import OTHER_FILES, Notes, shown
from nrr_core.ingest.values import clean_text

__all__ = ["FIELDS", "Columns", "Found", "Guess", "header_currency", "normal", "read_header"]

_CODES: Final = ("usd", "eur", "gbp", "chf", "cad", "aud", "jpy", "sek", "nok", "dkk", "inr", "nzd", "pln", "brl")
_SYMBOLS: Final = {"$": "usd", "€": "eur", "£": "gbp"}
_SYNONYMS: Final = {
    "account_id": "account_id customer_id company_id client_id organization_id organisation_id org_id tenant_id "
        "workspace_id "
    "account_number account_no customer_number customer_no account_code customer_code acct_id acct cust_id "
    "account customer company client organization organisation tenant account_name customer_name company_name "
        "client_name id name",
    "month": "month period billing_month invoice_month revenue_month mrr_month month_end month_start period_month "
        "report_month "
    "snapshot_month snapshot_date as_of as_of_date month_date year_month yearmonth date billing_date invoice_date "
        "period_end period_start",
    "mrr": "mrr mrr_amount monthly_recurring_revenue monthly_amount monthly_revenue recurring_revenue net_mrr "
        "total_mrr mrr_value "
    "monthly_price monthly_value monthly_fee revenue",
    "arr": "arr arr_amount annual_recurring_revenue annual_revenue annual_amount acv arr_value",
    "amount": "amount price unit_amount total subtotal value fee charge net_amount invoice_amount amount_paid "
        "plan_amount plan_price",
    "start_date": "start_date start starts_at started_at start_at subscription_start subscription_start_date "
        "current_period_start "
    "current_period_started_at period_start_date service_start contract_start valid_from from effective_start_date "
        "activated_at "
    "service_period_start term_start_date period_start",
    "end_date": "end_date end ends_at ended_at end_at subscription_end subscription_end_date canceled_at "
        "cancelled_at current_period_end "
    "current_period_ends_at period_end_date service_end contract_end valid_to valid_until to expires_at "
        "effective_end_date churned_at "
    "service_period_end term_end_date period_end",
    "interval": "billing_interval interval billing_frequency billing_period frequency bill_period "
        "bill_period_months interval_unit "
    "plan_interval billing_cycle term_months recurring_interval",
    "interval_count": "interval_count plan_interval_count interval_length recurring_interval_count",
    "currency": "currency currency_code mrr_currency iso_currency",
    "revenue_type": "revenue_type type_of_revenue mrr_type charge_type line_type revenue_category line_item_type "
        "item_type revenue_kind",
    "subscription_id": "subscription_id subscription_item_id subscription_line_id subscription_number sub_id "
        "subscription_no subscription_code subscription contract_line_id contract_id contract_number contract_no "
        "order_line_id line_item_id item_id rate_plan_charge_id",
}  # fmt: skip
_NAMES: Final = {known: names.split() for known, names in _SYNONYMS.items()}
FIELDS: Final = (
    "account_id",
    "month",
    "mrr",
    "start_date",
    "end_date",
    "amount",
    "interval",
    "interval_count",
    "currency",
    "revenue_type",
    "subscription_id",
)


@dataclass(frozen=True, slots=True)
class Found:
    """A column that a field is read from."""

    index: int
    reason: str


@dataclass(frozen=True)
class Guess:
    """A layout that fits a header: how well, why, and which column is what."""

    layout: str
    score: int
    reason: str
    found: dict[str, Found]
    months: tuple[int, ...] = ()
    ignored: tuple[tuple[int, str], ...] = ()


def normal(name: str) -> str:
    """A column name as it is compared: lower case, words joined by underscores, no currency behind it."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", clean_text(name)).lower()
    text = re.sub(r"[\s\-./:]+", "_", text)
    for symbol, code in _SYMBOLS.items():
        text = text.replace(symbol, f"_{code}_")
    text = re.sub(r"[()\[\]]", "_", text)
    text = re.sub(r"_+", "_", text).strip("_")
    return re.sub(rf"_({'|'.join(_CODES)})$", "", text) or text


def header_currency(name: str) -> str | None:
    """The currency a column name carries: ``mrr_usd``, ``MRR (EUR)``, ``MRR €``."""
    text = clean_text(name).lower()
    for symbol, code in _SYMBOLS.items():
        if symbol in text:
            return code.upper()
    found = re.search(rf"[\s_(\[]({'|'.join(_CODES)})[)\]]?$", text)
    return found[1].upper() if found else None


@dataclass
class Columns:
    """The columns of a file: names as shown, whether they are left out and why, and what the person mapped."""

    names: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]
    left_out: dict[int, str] = field(default_factory=dict)
    mapped: dict[str, int] = field(default_factory=dict)

    def usable(self) -> list[int]:
        """Columns that may be read."""
        return [index for index in range(len(self.names)) if index not in self.left_out]

    def find(self, wanted: str, *, taken: tuple[int, ...] = ()) -> Found | None:
        """The column of a field: as mapped, else by its name."""
        if wanted in self.mapped:
            return Found(self.mapped[wanted], "chosen in the mapping")
        busy = {*taken, *self.mapped.values()}
        known = {normal(self.names[index]): index for index in reversed(self.usable()) if index not in busy}
        for name in _NAMES[wanted]:
            if name in known:
                return Found(known[name], f"its name means {wanted}")
        return None

    def month_columns(self) -> tuple[int, ...]:
        """Columns whose names are months."""
        found = []
        for index in self.usable():
            day = parse_day(self.names[index], order="mdy")
            if day.month is not None and day.rule != "serial" and index not in self.mapped.values():
                found.append(index)
        return tuple(found)


def read_header(header: tuple[str, ...], sample: tuple[tuple[str, ...], ...], *, notes: Notes) -> Columns:
    """Column names tidied, doubtful ones asked about, and the person's mapping looked up."""
    names = tuple(clean_text(name) for name in header)
    columns = Columns(names, sample)
    changed = [raw for raw, name in zip(header, names, strict=True) if raw != name]
    if changed:
        notes.add(
            "header_tidied",
            Verdict.REPAIRED,
            f"{len(changed)} column name(s) had spaces, line ends or invisible characters: “{shown(changed[0])}”.",
            count=len(changed),
        )
    _blank_names(columns, notes)
    _repeated_names(columns, notes)
    _look_up(columns, notes)
    return columns


def _blank_names(columns: Columns, notes: Notes) -> None:
    """A column without a name is ignored where it is empty; else the person decides."""
    blank = [index for index, name in enumerate(columns.names) if not name]
    filled = [index for index in blank if any(index < len(row) and row[index].strip() for row in columns.sample)]
    for index in blank:
        columns.left_out[index] = "it has neither name nor values"
    if filled:
        places = ", ".join(str(index + 1) for index in filled)
        taken = notes.ask(
            "blank_header",
            f"The header is blank above values in column {places}.",
            {"ignore": "leave them out", "keep": "keep them, called “column N”"},
        )
        for index in filled:
            columns.left_out[index] = "it has no name"
            if taken == "keep":
                del columns.left_out[index]
        if taken == "keep":
            columns.names = tuple(name or f"column {index + 1}" for index, name in enumerate(columns.names))


def _repeated_names(columns: Columns, notes: Notes) -> None:
    """Names that occur twice, or differ only by case: the person says which column counts."""
    keys = [name.casefold() for name in columns.names]
    asked: set[str] = set()
    for key, count in Counter(key for key in keys if key).items():
        if count == 1:
            continue
        places = [index for index, one in enumerate(keys) if one == key]
        written = ", ".join(f"“{columns.names[index]}” (column {index + 1})" for index in places)
        slug = re.sub(r"\W+", "_", key).strip("_")
        slug = f"column_{places[0] + 1}" if not slug or slug in asked else slug
        asked.add(slug)
        options = {}
        for number, index in enumerate(places, 1):
            values = [row[index] for row in columns.sample[:3] if index < len(row)]
            options[str(number)] = f"column {index + 1}: {', '.join(shown(value) for value in values)}"
        taken = notes.ask(f"duplicate_{slug}", f"Several columns have the same name: {written}. Which one counts?", options)
        for number, index in enumerate(places, 1):
            if str(number) != taken:
                columns.left_out[index] = "another column of the same name was chosen"


def _look_up(columns: Columns, notes: Notes) -> None:
    """Turn the person's mapping into column numbers."""
    strange = [(field, name) for field, name in notes.options.mapping if "." in field and field.partition(".")[0] not in OTHER_FILES]
    for wanted, name in [*strange, *notes.mapping]:
        if wanted not in FIELDS:
            raise notes.refuse(f"There is no field “{shown(wanted)}”. Fields: {', '.join(FIELDS)}.{nearest(wanted, FIELDS)}")
        tidy = clean_text(name)
        exact = [index for index in columns.usable() if columns.names[index] == tidy]
        loose = [index for index in columns.usable() if normal(columns.names[index]) == normal(tidy)]
        if not exact and len(loose) != 1:
            raise notes.refuse(
                f"The file has no column “{shown(name)}” for {wanted}. Columns: "
                f"{', '.join(shown(columns.names[index]) for index in columns.usable())}.{nearest(tidy, columns.names)}"
            )
        columns.mapped[wanted] = (exact or loose)[0]

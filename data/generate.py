"""Write the sample data: an invented software company, 2,000 customers, 36 months.

`python data/generate.py` writes the files beside this one, `--to FOLDER` elsewhere. The same code gives the same bytes.
"""

import argparse
import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from sample import accounts, story, traces
from sample.draws import Draws
from sample.life import Life

HEADERS = {
    "accounts": (
        *("account_id", "account_name", "size", "region", "industry", "channel", "use_case"),
        *("signup_date", "contract_term_months", "renewal_date"),
    ),
    "revenue": ("account_id", "month", "mrr_usd", "plan", "seats", "owner"),
    "price_changes": (*("account_id", "effective_month", "old_price_per_seat", "new_price_per_seat", "list_uplift_pct"),),
    "churn_reasons": ("account_id", "churn_month", "reason", "detail"),
    "usage": ("account_id", "month", "active_users", "seats", "features_used", "core_actions"),
    "tickets": ("account_id", "opened", "closed", "priority", "csat"),
    "contacts": ("account_id", "contact", "role", "joined", "left"),
}


def money(cents: int) -> str:
    """Whole cents as dollars with two decimals.

    Examples
    --------
    >>> money(120005)
    '1200.05'
    """
    return f"{cents // 100}.{cents % 100:02d}"


def revenue(life: Life) -> Iterator[traces.Row]:
    """One row per paying month."""
    for paid in life.paid:
        month = story.month_label(paid.month)
        yield life.account.id, month, money(paid.mrr), paid.plan, paid.seats, paid.owner


def price_changes(life: Life) -> Iterator[traces.Row]:
    """One row per change of the price per seat on the same plan."""
    for change in life.reprices:
        month = story.month_label(change.month)
        yield life.account.id, month, money(change.old), money(change.new), f"{change.uplift}.0"


def tables() -> dict[str, list[traces.Row]]:
    """All files as rows, in the order of the accounts."""
    rows: dict[str, list[traces.Row]] = {name: [] for name in HEADERS}
    for account in accounts.population():
        life = Life(account, Draws(story.SEED, account.number, 2)).run()
        draws = Draws(story.SEED, account.number, 3)
        rows["accounts"].append(traces.attributes(life, draws))
        rows["revenue"].extend(revenue(life))
        rows["price_changes"].extend(price_changes(life))
        rows["churn_reasons"].extend(traces.reasons(life, draws))
        rows["usage"].extend(traces.usage(life, draws))
        rows["tickets"].extend(traces.tickets(life, draws))
        rows["contacts"].extend(traces.contacts(life, draws))
    return rows


def write(path: Path, header: Iterable[str], rows: Iterable[traces.Row]) -> None:
    """Write one file: UTF-8, line feeds, quotes only where needed."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main() -> None:
    """Write every file and say how large it is."""
    parser = argparse.ArgumentParser(description="Write the sample data.")
    parser.add_argument("--to", type=Path, default=Path(__file__).parent, help="folder to write to")
    folder: Path = parser.parse_args().to
    for name, rows in tables().items():
        path = folder / f"{name}.csv"
        write(path, HEADERS[name], rows)
        print(f"{path.name}: {len(rows):,} rows, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

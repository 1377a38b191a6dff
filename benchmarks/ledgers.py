"""`python -m benchmarks.ledgers`: the ledger of each knob of a card, made and asked, cold and warm.

One close is asked; ``fx_every_close`` asks all of them, each at the rates of its own opening, and so does pandas. The file
is the generator's, with a parent for each account, two subscriptions for one account in three, usage for one in five, and
three currencies whose rates change every month.
"""

import argparse
import gc
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb

import nrr_core as nrr
from benchmarks import generate
from benchmarks.every_close import every_close
from benchmarks.timing import once
from nrr_core.definition import STANDARD, Definition
from nrr_core.engines import open_dataset
from nrr_core.ledgers import under
from nrr_core.reading import prepare

__all__ = ["main", "measured", "write"]

CARDS = {
    "gap_months": Definition(gap_months=2),
    "grain_parent": Definition(grain="parent"),
    "segment_latest": Definition(segment_as_of="latest"),
    "grain_subscription": Definition(grain="subscription"),
    "revenue_types": Definition(revenue_types=("recurring", "usage")),
    "fx_constant": STANDARD,
    "fx_reported": Definition(fx="reported"),
    "all_together": Definition(gap_months=2, grain="parent", segment_as_of="latest", revenue_types=("recurring", "usage", "one_off")),
}
YEAR = 12


def write(folder: Path, accounts: int, months: int) -> tuple[Path, Path]:
    """The revenue file and the file of rates."""
    plain, revenue, rates = folder / "plain.csv", folder / "revenue.csv", folder / "rates.csv"
    generate.write(plain, accounts, months)
    with duckdb.connect() as con:
        con.execute(f"create view lines as select *, cast(account_id[2:] as integer) as n from read_csv('{plain}', all_varchar = true)")
        place = "'P' || (n // 3) as parent_id, case when n % 20 < 12 then 'USD' when n % 20 < 17 then 'EUR' else 'GBP' end as currency"
        con.execute(
            "copy (select * exclude (n) from ("
            f"select *, 'S' || n as subscription_id, 'recurring' as revenue_type, {place} from lines union all "
            f"select * replace ('12.50' as mrr), 'T' || n, 'recurring', {place} from lines where n % 3 = 0 union all "
            f"select * replace (cast(n % 97 + cast(month[6:7] as integer) as varchar) as mrr), 'S' || n, 'usage', {place} "
            f"from lines where n % 5 = 0) order by account_id, month) to '{revenue}' (header)"
        )
        con.execute(
            "copy (select currency, month, case currency when 'USD' then 1 else 1.1 + 0.01 * cast(month[6:7] as integer) end as rate "
            f"from (select distinct month from lines) as m, (values ('USD'), ('EUR'), ('GBP')) as c(currency)) to '{rates}' (header)"
        )
    return revenue, rates


def measured(folder: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Medians of rounds; each cold round opens the dataset anew."""
    spent: dict[str, dict[str, list[float]]] = {name: {"derive": [], "answer": [], "cold": [], "warm": []} for name in CARDS}
    for _ in range(rounds):
        for name, card in CARDS.items():
            data = open_dataset(folder)
            close, opening = data.months[-1], data.last - YEAR

            def ask(data: nrr.Dataset = data, card: Definition = card, close: str = close) -> Any:
                return nrr.retention(data, window=YEAR, by="region", close=close, card=card)

            _, derive = once(lambda data=data, card=card, opening=opening: under(data, card, opening=opening))
            _, answer = once(ask)
            ask()
            _, warm = once(ask)
            for what, took in (("derive", derive), ("answer", answer), ("cold", derive + answer), ("warm", warm)):
                spent[name][what].append(took)
            gc.collect()
    return {name: {f"{what}_ms": statistics.median(values) for what, values in parts.items()} for name, parts in spent.items()}


def main() -> int:
    """Print the figures as JSON."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--accounts", type=int, default=100_000)
    asked.add_argument("--months", type=int, default=36)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--data", type=Path, help="keep files here, and use those already there")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.data or Path(temporary)
        model = folder / "model"
        if not model.exists():
            model.mkdir(parents=True)
            revenue, rates = write(folder, given.accounts, given.months)
            prepare(revenue, model, rates=rates)
        found = {"accounts": given.accounts, "months": given.months, "ledgers": measured(model, given.rounds)}
        print(json.dumps(found | {"fx_every_close": every_close(model, months=YEAR, rounds=given.rounds)}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What-if: levers and decisions in, projected measures under the same card out (docs/scenarios.md)."""

from nrr_core.contracts import contract_dimension
from nrr_core.scenarios.backtest import Backtest, backtest
from nrr_core.scenarios.book import Book, open_book
from nrr_core.scenarios.compare import changes, compare, difference, what_it_says
from nrr_core.scenarios.projection import Projection, project, side_by_side
from nrr_core.scenarios.rates import baseline
from nrr_core.scenarios.runway import runway
from nrr_core.scenarios.saving import Saved, save
from nrr_core.scenarios.scenario import ACTIONS, BASELINES, LEVERS, Decision, Lever, Scenario
from nrr_core.scenarios.seek import Sought, seek
from nrr_core.scenarios.simulate import Simulation, simulate
from nrr_core.scenarios.tornado import tornado
from nrr_core.scenarios.written import digest, from_json, read_body, to_body, to_json

__all__ = [
    "ACTIONS", "BASELINES", "LEVERS", "Backtest", "Book", "Decision", "Lever", "Projection", "Saved", "Scenario", "Simulation",
    "Sought", "backtest", "baseline", "changes", "compare", "contract_dimension", "difference", "digest", "from_json", "open_book",
    "project", "read_body", "runway", "save", "seek", "side_by_side", "simulate", "to_body", "to_json", "tornado", "what_it_says",
]  # fmt: skip

"""Account decisions: a grid over the accounts whose contract ends soon or that pay most, which overrides the rates."""

from typing import Any

import pandas as pd
import streamlit as st

from nrr_core import charts, explain
from nrr_core.errors import ScenarioError
from nrr_core.formats import plain_text
from nrr_core.periods import month_text
from nrr_core.report import to_csv
from nrr_core.scenarios import ACTIONS, Decision, Projection, Scenario
from nrr_core.scenarios.runway import last_full_month
from nrr_core.scenarios.sheet import from_csv, from_rows, to_table
from nrr_core.schema import ACCOUNT_NAMES
from pages.ui import cache, desk, exports, present, state
from pages.ui.forecasts import Forecasts
from pages.ui.view import View

__all__ = ["decisions"]

_AHEAD = {f"Contracts ending in {n} months": n for n in (3, 6, 12)}
_LARGEST, _DECIDED = "Largest accounts", "Decided so far"
_ROWS = 200
_TOLD = 5  # sentences about bad rows


def decisions(view: View, scenario: Scenario, found: Projection) -> Scenario:
    """Draw the grid; the scenario with what it says."""
    runway = Forecasts(view).runway(months=12, dimension=scenario.contracts)
    picked = desk.chosen()
    options = [*([f"Chosen: {picked[0]}"] if picked else []), *(list(_AHEAD) if len(runway) else []), _LARGEST, _DECIDED]
    shown = st.selectbox("Accounts", options, key="decide_from", width=280)
    if len(runway):
        made = cache.drawn(
            runway, view, lambda: charts.runway(explain.runway_months(runway, _ids(scenario), factor=view.factor), currency=view.currency),
            sorted(_ids(scenario)),
        )  # fmt: skip
        present.chart(made, key="runway", name="runway")
    elif scenario.contracts:
        st.caption("No column says when contracts end, so there is no runway. Decide about the largest accounts, or paste your own list.")
    grid = _first(view, scenario, shown, runway)
    changed = _edited(view, scenario, grid, shown)
    _outcome(view, found)
    _exchange(changed)
    return changed


def _ids(scenario: Scenario) -> set[str]:
    return {decision.account for decision in scenario.decisions}


def _first(view: View, scenario: Scenario, shown: str, runway: pd.DataFrame) -> pd.DataFrame:
    """The grid as it was first drawn: an editor keeps what is typed as changes to it, so it must not change under them.

    An editor that was not drawn in the last run has forgotten them; what was decided then stands in the scenario.
    """
    key = repr((desk.now().turn, shown, view.data.scope, view.data.sha256, view.selection.where, view.unit))
    held = state.recall("grid")
    if held is None or held[0] != key or state.chosen(_editor(shown)) is None:
        held = (key, _grid(view, scenario, shown, runway))
        state.remember("grid", held)
    frame: pd.DataFrame = held[1]
    return frame


def _editor(shown: str) -> str:
    return f"grid_{desk.now().turn}_{shown}"


def _grid(view: View, scenario: Scenario, shown: str, runway: pd.DataFrame) -> pd.DataFrame:
    """One row an account: what is known, then what is decided."""
    if shown in _AHEAD:
        start = last_full_month(view.data)
        until = month_text(start + _AHEAD[shown])
        listed = runway[runway["contract_end"] <= until]
    elif shown == _LARGEST:
        everybody = cache.accounts(view.data, view.window(1, _close(view)).selection, limit=_ROWS, sort="closing")
        listed = everybody[everybody["closing_mrr"] > 0].rename(columns={"closing_mrr": "mrr"})
    elif shown != _DECIDED and (picked := desk.chosen()) is not None:
        everybody = cache.all_accounts(view.data, view.window(1, _close(view)).selection).rename(columns={"closing_mrr": "mrr"})
        listed = everybody[everybody["account_id"].isin(picked[1])]
    else:
        listed = pd.DataFrame({"account_id": sorted(_ids(scenario))})
    table = to_table(scenario.decisions).set_index("account")
    rows = listed.head(_ROWS)
    known = pd.DataFrame({"account": rows["account_id"].tolist()})
    for column in ("contract_end", "mrr"):
        if column in rows:
            known[column] = [float(v) * view.factor if column == "mrr" else v for v in rows[column]]
    name = next((c for c in ACCOUNT_NAMES if c in rows.columns), None)
    if name:
        known.insert(1, "name", [plain_text(v) for v in rows[name].astype(str)])
    decided = table.reindex(known["account"]).reset_index(drop=True)
    grid = pd.concat([known, decided], axis=1)
    return grid.astype(dict.fromkeys(grid.columns.difference(["mrr", "to", "probability"]), "string"))  # also where there is no row


def _close(view: View) -> str:
    return month_text(last_full_month(view.data))


def _edited(view: View, scenario: Scenario, grid: pd.DataFrame, shown: str) -> Scenario:
    """The grid as people change it; rows may be pasted from a spreadsheet, also of accounts that are not listed."""
    config: dict[str, Any] = {
        "account": st.column_config.TextColumn("Account", required=True, width=90),
        "name": st.column_config.TextColumn("Name", disabled=True, width=110),
        "mrr": st.column_config.NumberColumn(f"{view.unit} now", disabled=True, format="%,.0f", width=70),
        "contract_end": st.column_config.TextColumn("Ends", disabled=True, width=65, help="When the contract ends"),
        "action": st.column_config.SelectboxColumn("Decision", options=[*ACTIONS], width=100),
        "to": st.column_config.NumberColumn("To MRR", min_value=0.0, format="%,.2f", width=90, help="For shrink and grow: MRR afterwards"),
        "probability": st.column_config.NumberColumn("Chance", min_value=0.0, max_value=1.0, step=0.05, format="percent", width=85),
        "month": st.column_config.TextColumn("When", width=85, help="YYYY-MM; empty: when the contract ends"),
        "note": st.column_config.TextColumn("Why", width=90),
    }
    edited = st.data_editor(
        grid, column_config=config, hide_index=True, num_rows="dynamic", key=_editor(shown), placeholder="",
        column_order=[name for name in config if name in grid.columns],
        height=min(400, 76 + 35 * len(grid)),
    )  # fmt: skip
    st.caption("Choose a decision for an account; it overrides the rates for that account. Rows can be pasted from a spreadsheet.")
    made, wrong = from_rows(edited.to_dict("records"))
    _faults(wrong)
    listed = set(grid["account"]) | {one.account for one in made}
    others = tuple(one for one in scenario.decisions if one.account not in listed)
    changed = (*others, *made)
    return scenario if set(changed) == set(scenario.decisions) else scenario.replaced(decisions=changed)


def _outcome(view: View, found: Projection) -> None:
    """What the decisions are worth, and between what bounds."""
    frame = found.decided
    if frame.empty:
        return
    st.markdown(present.safe_text(explain.decisions_finding(frame, currency=view.currency, factor=view.factor)))
    present.table(frame, view, name="decisions_outcome", key="decided_table", title="What was decided, in figures")


def _exchange(scenario: Scenario) -> None:
    """Decisions as a file, both ways."""
    with st.expander("Decisions as a file", icon=":material/swap_vert:"):
        table = to_table(scenario.decisions)
        make = exports.guarded(lambda: to_csv(table, footer=False), name="decisions.csv")
        st.download_button("Export as CSV", make, "decisions.csv", key="decisions_csv", on_click="ignore", icon=":material/download:")
        given = st.file_uploader("Import decisions (CSV with account, action, to, probability, month, note)", ["csv"], key="decisions_file")
        if given is not None and state.recall("decisions_read") != given.file_id:
            _import(given, scenario)
        elif given is not None:
            _read(*state.recall("decisions_told"))


def _read(count: int, wrong: list[str]) -> None:
    """What the file that was read held."""
    st.caption(f"Read: {present.counted(count, 'decision')}.")
    _faults(wrong)


def _faults(wrong: list[str]) -> None:
    for sentence in wrong[:_TOLD]:
        st.error(present.safe_text(sentence), icon=":material/error:")
    if len(wrong) > _TOLD:
        st.error(f"{len(wrong) - _TOLD} more rows can't be read.")


def _import(given: Any, scenario: Scenario) -> None:
    try:
        made, wrong = from_csv(given.getvalue())
    except ScenarioError as error:
        present.refused(error)
        return
    state.remember("decisions_read", given.file_id)
    merged: dict[str, Decision] = {one.account: one for one in (*scenario.decisions, *made)}
    desk.put(scenario.replaced(decisions=tuple(merged.values())), document=desk.now().document, whole=True)
    state.remember("decisions_told", (len(made), wrong))
    st.rerun()

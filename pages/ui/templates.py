"""Example files to start from, one for each layout."""

import streamlit as st

__all__ = ["downloads"]

_FILES = {
    "Monthly rows": (
        "snapshots.csv",
        "account_id,month,mrr_usd,plan\nA-001,2025-01,1200.00,Growth\nA-001,2025-02,1500.00,Growth\nA-002,2025-01,300.00,Starter\n",
    ),
    "Months as columns": (
        "wide.csv",
        "account_id,plan,2025-01,2025-02,2025-03\nA-001,Growth,1200.00,1500.00,1500.00\nA-002,Starter,300.00,300.00,0\n",
    ),
    "Subscriptions": (
        "spans.csv",
        "account_id,start_date,end_date,mrr_usd,plan\nA-001,2025-01-01,,1200.00,Growth\nA-002,2025-01-15,2025-04-15,300.00,Starter\n",
    ),
    "Accounts": (
        "accounts.csv",
        "account_id,account_name,region,owner\nA-001,Example One,EMEA,Kim\nA-002,Example Two,APAC,Sam\n",
    ),
    "Exchange rates": (
        "rates.csv",
        "currency,month,rate\nUSD,2025-01,1\nUSD,2025-02,1\nEUR,2025-01,1.0354\nEUR,2025-02,1.0413\n",
    ),
}


def downloads() -> None:
    """Small buttons for the example files."""
    st.caption("Not sure about the form? Start from an example:")
    with st.container(horizontal=True, gap="small"):
        for label, (name, text) in _FILES.items():
            st.download_button(
                label, text, name, "text/csv", key=f"template_{name}", on_click="ignore", type="tertiary",
                icon=":material/download:",
            )  # fmt: skip

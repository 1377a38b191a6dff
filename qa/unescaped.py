"""The control of the bar on texts: a page that gives them to markdown as they are."""

import sys
from pathlib import Path

import streamlit as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from qa.payloads import TEXTS

for payload in TEXTS:
    st.markdown(payload)
st.markdown("all shown")

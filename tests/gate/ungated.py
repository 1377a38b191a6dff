"""The control: the same secrets, Streamlit's own sign-in, and no gate."""

from pathlib import Path

import streamlit as st

from nrr_core.settings import Settings
from pages.server.provider import auth_secrets

app = st.App(str(Path(__file__).with_name("plain.py")), secrets=auth_secrets(Settings.from_environment()))

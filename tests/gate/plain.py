"""Streamlit's own sign-in and nothing else: what the gate's tests are held against."""

import os

import streamlit as st

if not st.user.is_logged_in:
    st.button("Sign in", on_click=st.login)
    st.stop()
st.title("Inside")
st.download_button("Download", b"secret figures", file_name="figures.csv", on_click="ignore", key=os.environ.get("PLAIN", "x"))
st.file_uploader("Upload")
st.button("Sign out", on_click=st.logout)

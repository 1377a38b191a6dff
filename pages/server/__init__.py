"""The app's side that speaks HTTP: what a request passes before Streamlit sees it."""

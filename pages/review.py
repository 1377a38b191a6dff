"""Review: what do we take into the room?"""

import streamlit as st

from nrr_core.formats import month_label
from pages.ui import pack, present, shell

view = shell.open_projectable("Review")
told = st.container()
left, right = st.columns(2, gap="large")
with left:
    wanted = pack.settings()
pages = pack.story(view, wanted)
with told:
    label = next(text for text, name in pack.PACKS.items() if name == wanted.pack)
    closing = month_label(view.selection.close or view.data.months[-1])
    present.headline(f"{label} pack: {present.counted(len(pages), 'page')}, window closing in {closing}")
with right:
    st.subheader("What it says", anchor=False)
    pack.files(view, wanted)
    for number, title in enumerate(pages, 1):
        st.markdown(f"{number}\\. {present.safe_text(title)}")
    st.caption("Charts in the slides can be edited; ratios of amounts in the workbook are formulas; every page carries its stamp.")

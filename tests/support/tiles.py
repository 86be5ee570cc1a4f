"""Sizes of tiles to try, and a grid cut back into its tiles."""

from hypothesis import strategies as st

SIZES = {
    "channels": st.integers(1, 40),
    "height": st.integers(1, 14),
    "width": st.integers(1, 14),
    "columns": st.integers(1, 18),
    "margin": st.integers(0, 3),
}


def cut(picture, layout, channel):
    left, top, right, bottom = layout.box(channel)
    return picture[top:bottom, left:right]

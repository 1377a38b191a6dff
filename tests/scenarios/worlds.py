"""Random ledgers and random scenarios."""

from hypothesis import strategies as st

from nrr_core.scenarios import Lever

START = 2025 * 12 + 6  # June 2025, over for long
PLANS = ("Basic", "Pro", "Team")


@st.composite
def lines(draw, most=8):
    """Spans of up to eight accounts over two years; somebody pays at the start. Nobody grows more than ninefold: that is refused."""
    found = [("Z", START - 14, None, 1_000_000, ("Basic",))]
    for name in "ABCDEFGH"[: draw(st.integers(1, most))]:
        month = draw(st.integers(START - 20, START - 2))
        for _ in range(draw(st.integers(1, 4))):
            until = month + draw(st.integers(1, 8))
            found.append((name, month, until, draw(st.integers(100, 900)) * 10_000, (draw(st.sampled_from(PLANS)),)))
            month = until + draw(st.sampled_from([0, 0, 0, 2]))
            if month > START:
                break
    return [(a, f, t, amount, plan) for a, f, t, amount, plan in found if f <= START]


@st.composite
def levers(draw, most=4):
    """Levers as plain values (for the oracle) and as the library's."""
    plain, made = [], []
    for _ in range(draw(st.integers(0, most))):
        kind = draw(st.sampled_from(["churn", "contraction", "expansion", "price", "win_back"]))
        absolute = kind == "win_back" or (kind != "price" and draw(st.booleans()))
        change = draw(st.integers(-50, 50)) / (1000 if absolute and kind != "win_back" else 100)
        one = {"kind": kind, "change": change, "mode": "absolute" if absolute else "relative", "ramp": draw(st.integers(1, 5))}
        if draw(st.booleans()):
            one["start"] = START + draw(st.integers(-1, 8))
        if kind == "price":
            one["loss"] = draw(st.integers(0, 20)) / 100
        if draw(st.booleans()):
            one["only"] = draw(st.sampled_from(PLANS))
        plain.append(one)
    for one in plain:
        where = (("plan", (one["only"],)),) if "only" in one else ()
        start = f"{(one['start'] - 1) // 12:04d}-{(one['start'] - 1) % 12 + 1:02d}" if "start" in one else None
        made.append(Lever(one["kind"], one["change"], one["mode"], where, start, one["ramp"], one.get("loss", 0.0)))
    return plain, tuple(made)

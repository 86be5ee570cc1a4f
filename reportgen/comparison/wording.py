"""Numbers of a comparison as words."""

from reportgen.records.comparison import Measured, NumberChange
from reportgen.report.blocks import Badge, Tone
from reportgen.wording import MINUS, number, percent

NOT_KNOWN = "–"
SAME = "no change"


def value_text(kind: str, value: float | None) -> str:
    """A number of a report; a share as percent."""
    if value is None:
        return NOT_KNOWN
    if kind == "share":
        return percent(value)
    return f"{value:,.0f}" if kind == "count" else number(value)


def interval_text(kind: str, measured: Measured | None) -> str:
    """A number with its 95 % interval where it has one."""
    if measured is None:
        return NOT_KNOWN
    text = value_text(kind, measured.value)
    if measured.low is None or measured.high is None:
        return text
    return f"{text} ({percent(measured.low)} to {percent(measured.high)})"


def signed(text: str, value: float) -> str:
    """A number's text with its sign; `text` is that of its size."""
    return f"+{text}" if value > 0 else f"{MINUS}{text}"


def change_text(kind: str, change: float | None) -> str:
    """A change: of shares in percentage points."""
    if change is None:
        return NOT_KNOWN
    if change == 0:
        return SAME
    if kind == "share":
        points = abs(change) * 100
        text = "< 0.1" if points < 0.05 else f"{points:.1f}".removesuffix(".0")
        return f"{signed(text, change)} points"
    text = f"{abs(change):,.0f}" if kind == "count" else number(abs(change))
    return signed(text, change)


def judged(found: NumberChange) -> Badge | str:
    """Whether a number became better or worse."""
    if found.change is None or found.change == 0 or found.higher_is_better is None:
        return ""
    better = (found.change > 0) == found.higher_is_better
    tone: Tone = "good" if better else "bad"
    return Badge("better" if better else "worse", tone)


def p_text(value: float) -> str:
    """A p-value."""
    return "p < 0.001" if value < 0.001 else f"p = {number(value)}"

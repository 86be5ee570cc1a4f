"""Numbers and facts as words: how pages and alternative texts say them."""

import math
from collections.abc import Iterable, Sequence

MINUS = "\u2212"
TIMES = "\u00d7"


def number(value: float | None) -> str:
    """Three significant digits, thousands set apart; "not finite" for NaN, infinity and None."""
    if value is None or not math.isfinite(value):
        return "not finite"
    size = abs(value)
    if size >= 1e6 or 0 < size < 1e-4:
        text = f"{value:.2e}"
    elif size >= 1000:
        text = f"{value:,.0f}"
    else:
        text = f"{value:.3g}"
    return text.replace("-", MINUS, 1) if value < 0 else text


def percent(share: float | None) -> str:
    """A share 0..1 as percent; what is not quite nothing or everything is not rounded to it."""
    if share is None:
        return "no probability"
    if not math.isfinite(share):
        return "unknown"
    for edge, text in ((0.0, "< 0.1 %"), (1.0, "> 99.9 %")):
        if share != edge and abs(share - edge) < 0.0005:
            return text
    return f"{share * 100:.2g} %" if share < 0.1 else f"{share * 100:.1f} %".replace(".0 %", " %")


def bar_length(probability: float | None) -> float:
    """A probability as a share 0..1 of a bar's length; 0 for what is none."""
    return min(1.0, max(0.0, probability)) if probability and math.isfinite(probability) else 0.0


def count(amount: int, singular: str, plural: str = "") -> str:
    """An amount and its noun: "1 channel", "1,024 channels"."""
    return f"{amount:,} {singular if amount == 1 else plural or singular + 's'}"


def only_in_site(amount: int, singular: str, plural: str = "") -> str:
    """What a PDF leaves out: "3 more dreams are only in the site."; empty for nothing."""
    if amount <= 0:
        return ""
    more = count(amount, f"more {singular}", f"more {plural or singular + 's'}")
    return f"{more} {'is' if amount == 1 else 'are'} only in the site."


def size_of(amount: int) -> str:
    """Bytes in the unit that keeps the number short: 1,000 bytes are a kB."""
    if amount < 1000:
        return count(amount, "byte")
    value = float(amount)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.5 or unit == "GB":
            break
    return f"{value:.3g} {unit}"


def amount(number: int) -> str:
    """A large number in three digits: "950", "1.2 k", "15.5 G"."""
    value, unit = float(number), ""
    for larger in ("k", "M", "G", "T"):
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    return f"{value:.3g} {unit}".strip()


def shape(sizes: Sequence[int | None]) -> str:
    """The shape of a tensor without its batch axis: "150 × 150 × 32", "?" for an open size."""
    inner = sizes[1:] if sizes and len(sizes) > 1 else sizes
    return f" {TIMES} ".join("?" if size is None else str(size) for size in inner)


def duration(seconds: float) -> str:
    """Seconds as people say them: "0.4 s", "12 s", "3 min 20 s"."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def numbers(values: Sequence[int], most: int = 24) -> str:
    """Channel numbers as a list in which runs are drawn together: "3, 7–12, 40 and 5 more"."""
    runs: list[list[int]] = []
    for value in values:
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    texts = [
        str(run[0]) if len(run) == 1 else f"{run[0]}{', ' if len(run) == 2 else '–'}{run[-1]}"
        for run in runs
    ]
    left = sum(len(run) for run in runs[most:])
    return ", ".join(texts[:most]) + (f" and {left:,} more" if left else "")


def sentence(text: str) -> str:
    """A reason as a sentence: with a capital first letter and a full stop."""
    text = text.strip()
    if not text:
        return ""
    return text[:1].upper() + text[1:] + ("" if text[-1] in ".!?…" else ".")


def map_sizes(map_size: Sequence[int], tile: Sequence[int]) -> str:
    """Height and width of a layer's maps, and of its tiles where those are reduced."""
    text = f"{map_size[0]} {TIMES} {map_size[1]}"
    if tuple(map_size) == tuple(tile):
        return text
    return f"{text}, tiles averaged to {tile[0]} {TIMES} {tile[1]}"


NO_NUMBERS = "the model's output is not a number (NaN or infinite): nothing is predicted"


def listed(parts: Iterable[object]) -> str:
    """Things in words: "3", "3 and 30", "layers, units and kernels"."""
    *others, last = [str(part) for part in parts] or [""]
    return f"{', '.join(others)} and {last}" if others else last

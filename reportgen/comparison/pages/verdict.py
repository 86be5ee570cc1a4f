"""The verdict: whether the second model is better, the numbers, and what was not compared."""

from collections.abc import Iterator, Sequence

from reportgen.comparison.pages.flips import flip_cards
from reportgen.comparison.wording import change_text, interval_text, judged, p_text, value_text
from reportgen.records.comparison import Comparison, McNemar, NotCompared, NumberChange
from reportgen.report.blocks import (
    Block,
    Callout,
    Cell,
    Column,
    Limits,
    Part,
    Table,
    Tone,
    row,
    text,
)
from reportgen.report.contexts import Link
from reportgen.report.gates import gate_blocks
from reportgen.wording import count, percent

CLEAR = 0.05
"""A p-value below this is called clear."""

_SHOWN_FLIPS = 2
_ROWS_A_PAGE = 60
_HASH = 12


def verdict_page(found: Comparison) -> Iterator[Block]:
    """The first page."""
    if found.gates is not None:
        yield Part(("Gates",), "verdict--gates", tuple(gate_blocks(found.gates)))
    title, words, tone = _verdict(found)
    yield Callout((title,), (words,), tone)
    yield Part(("Numbers",), "verdict--numbers", (_numbers(found),))
    if found.mcnemar is not None:
        sentence = text(_test_sentence(found, found.mcnemar))
        parts = (sentence, _four_fields(found, found.mcnemar))
        yield Part(("Does the difference exceed chance?",), "verdict--test", parts)
    if shown := [flip for flip in found.flips if flip.photo][:_SHOWN_FLIPS]:
        more = text(Link(f"All {count(len(found.flips), 'changed prediction')}", "flips.html"))
        yield Part(
            ("Changed predictions",),
            "verdict--flips",
            (flip_cards(found, shown), more),
            on_paper=False,
        )
    yield Part(("Reports",), "verdict--reports", (_sides(found),))
    yield Part(("Not compared",), "verdict--rest", tuple(_rest(found)))


def _verdict(found: Comparison) -> tuple[str, str, Tone]:
    """A title, a sentence and a tone."""
    a, b = found.sides[0].name, found.sides[-1].name
    accuracy = _number(found, "accuracy")
    if accuracy is None or accuracy.a is None or accuracy.b is None or accuracy.change is None:
        if errors := [number for number in found.numbers if number.key.startswith("mae ")]:
            return _of_values(found, errors)
        if found.compared:
            flips = count(len(found.flips), "prediction")
            words = f"{flips} of {found.compared:,} changed. No true classes are known."
            return "Accuracy is not known.", words, ""
        return "No predictions are compared.", _why_none(found), "warn"
    numbers = (
        f"{b} classifies {percent(accuracy.b.value)} of {count(found.known, 'image')} correctly,"
        f" {a} {percent(accuracy.a.value)} ({change_text('share', accuracy.change)})."
    )
    if found.mcnemar is not None and (found.mcnemar.only_a or found.mcnemar.only_b):
        clear = found.mcnemar.p_value < CLEAR
        chance = "exceeds chance" if clear else "may be chance"
        numbers += (
            f" The difference {chance} (McNemar’s exact test, {p_text(found.mcnemar.p_value)})."
        )
    if not found.flips:
        return "No prediction changed.", numbers, "good"
    if not accuracy.change:
        return "Both models are equally accurate.", numbers, ""
    better = accuracy.change > 0
    title = f"{b} is {'more' if better else 'less'} accurate than {a}."
    return title, numbers, "good" if better else "bad"


def _of_values(found: Comparison, errors: Sequence[NumberChange]) -> tuple[str, str, Tone]:
    """The verdict on models that predict values."""
    a, b = found.sides[0].name, found.sides[-1].name
    said = [
        f"{error.title}: {value_text('number', error.a.value)} in {a},"
        f" {value_text('number', error.b.value)} in {b}."
        for error in errors
        if error.a and error.b
    ]
    signs = {0 if not error.change else 1 if error.change > 0 else -1 for error in errors}
    if signs == {0}:
        return "No error changed.", " ".join(said), "good"
    if 1 not in signs:
        return f"{b} is more accurate than {a}.", " ".join(said), "good"
    if -1 not in signs:
        return f"{b} is less accurate than {a}.", " ".join(said), "bad"
    return "Some values are predicted better, others worse.", " ".join(said), ""


def _why_none(found: Comparison) -> str:
    if not found.common:
        return "The reports have no image in common (by SHA-256)."
    return f"{count(found.common, 'image')} match, but not both models predict a class for them."


def _number(found: Comparison, key: str) -> NumberChange | None:
    return next((number for number in found.numbers if number.key == key), None)


def _numbers(found: Comparison) -> Table:
    a, b = found.sides[0].name, found.sides[-1].name
    return Table(
        "Numbers of both reports",
        (Column("Number"), Column(a, "number"), Column(b, "number"), Column("Change", "number"),
         Column("Verdict"), Column("Images", "number")),
        tuple(
            row(
                number.title,
                interval_text(number.kind, number.a),
                interval_text(number.kind, number.b),
                change_text(number.kind, number.change),
                judged(number),
                f"{number.images:,}" if number.images else "–",
            )
            for number in found.numbers
        ),
    )  # fmt: skip


def _test_sentence(found: Comparison, test: McNemar) -> str:
    a, b = found.sides[0].name, found.sides[-1].name
    discordant = test.only_a + test.only_b
    if not discordant:
        return "Both models classify the same images correctly, so there is nothing to test."
    only_a, only_b = (count(n, "image") for n in (test.only_a, test.only_b))
    return (
        f"Only {a} is right on {only_a}, only {b} on {only_b}. If both were equally accurate, a"
        f" split of {discordant:,} images at least this uneven would arise by chance with"
        f" {p_text(test.p_value)}."
    )


def _four_fields(found: Comparison, test: McNemar) -> Table:
    a, b = found.sides[0].name, found.sides[-1].name
    return Table(
        "Images that each model classifies correctly",
        (Column("Model"), Column(f"{b} right", "number"), Column(f"{b} wrong", "number")),
        (
            row(f"{a} right", f"{test.both_right:,}", Cell((f"{test.only_a:,}",), strong=True)),
            row(f"{a} wrong", Cell((f"{test.only_b:,}",), strong=True), f"{test.both_wrong:,}"),
        ),
    )


def _sides(found: Comparison) -> Table:
    heads = ("Title", "Model", "Images", "Preprocessing", "SHA-256 of the model", "Created")
    return Table(
        "The reports",
        (Column("Report"), *(Column(head, "number" if head == "Images" else "text")
                             for head in heads)),
        tuple(
            row(
                side.name, side.title, side.model, f"{side.images:,}", side.preprocessing,
                side.sha256[:_HASH], side.created[:10],
            )
            for side in found.sides
        ),
    )  # fmt: skip


def _rest(found: Comparison) -> Iterator[Block]:
    same = count(found.common, "image")
    yield text(f"{same} match by SHA-256, {count(len(found.layers), 'layer')} by path or position.")
    if not found.not_compared:
        yield text("Everything that the reports hold was compared.")
        return
    yield Table(
        "What could not be compared",
        (Column("What"), Column("Name", "name"), Column("In"), Column("Reason", "long")),
        tuple(
            row(
                left_out.what.capitalize(),
                left_out.name,
                _holder(found, left_out),
                f"{left_out.reason}.",
            )
            for left_out in found.not_compared
        ),
        Limits("entry", "entries", page=_ROWS_A_PAGE, paper=12),
    )


def _holder(found: Comparison, left_out: NotCompared) -> str:
    names = {"a": found.sides[0].name, "b": found.sides[-1].name, "both": "both"}
    return names[left_out.side]

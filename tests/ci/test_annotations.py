"""GitHub annotations: one line each, at most ten of a kind, escaped as GitHub reads them."""

import re
from dataclasses import replace

from reportgen.ci.annotations import MOST, annotations
from reportgen.ci.verdict import Verdict
from reportgen.gates.check import check_gates

LINE = re.compile(r"::(error|warning) file=([^,]*),line=1,title=([^,:]*)::(.*)")


def read(verdict: Verdict) -> list[tuple[str, str, str, str]]:
    found = []
    for line in annotations(verdict):
        match = LINE.fullmatch(line)
        assert match, line
        level, *texts = match.groups()
        assert not any("%" in re.sub("%(25|0A|0D|3A|2C)", "", text) for text in texts)
        found.append((level, *texts))
    return found


def test_gates_come_first_and_then_warnings(verdict: Verdict) -> None:
    found = read(verdict)
    levels = [level for level, *_ in found]
    assert levels == sorted(levels)
    assert levels.count("error") == min(MOST, len(verdict.failed))
    assert levels.count("warning") == MOST
    assert found[0][1] == "models/a%2Cb%3Ac%25.keras"
    assert found[-1][3].startswith("And ")


def test_warnings_are_no_errors(warning: Verdict) -> None:
    assert {level for level, *_ in read(warning)} == {"warning"}


def test_more_than_ten_gates_are_counted(verdict: Verdict) -> None:
    assert verdict.report.gates is not None
    gates = verdict.report.gates.model_copy(update={"gates": verdict.failed * 20})
    many = replace(verdict, report=verdict.report.model_copy(update={"gates": gates}))
    errors = [text for level, _, _, text in read(many) if level == "error"]
    assert len(errors) == MOST
    assert errors[-1] == f"And {len(verdict.failed) * 20 - 9} more; the report has them all."


def test_a_hint_keeps_its_question_mark(plain: Verdict) -> None:
    gates = check_gates(plain.report, (), ("recall[snak] >= 0.5",))
    asked = replace(plain, report=plain.report.model_copy(update={"gates": gates}))
    [(_, _, _, message)] = read(asked)
    assert message.endswith("did you mean “snake”?")


def test_a_report_without_gates_and_warnings_says_nothing(plain: Verdict) -> None:
    assert read(plain) == []

"""JUnit XML by the rules of Jenkins's junit-10.xsd, and by those of GitLab."""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest

from reportgen.ci.junit import BEGINNING, junit
from reportgen.ci.verdict import MOST_REGRESSED, Verdict

TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")
RULES: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": ({"testsuite"}, set(), {"name", "time", "tests", "failures", "errors"}),
    "testsuite": (
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log",
         "url"},
    ),
    "testcase": (
        {"skipped", "error", "failure", "system-out", "system-err"},
        {"name"},
        {"time", "classname", "group"},
    ),
    **dict.fromkeys(("failure", "error", "skipped"), (set(), set(), {"type", "message"})),
    "system-out": (set(), set(), set()),
}  # fmt: skip
"""Of each element its children, and its attributes that are required and allowed."""


def check(element: ElementTree.Element) -> None:
    """The rules of the schema for an element and all below it."""
    children, required, allowed = RULES[element.tag]
    assert {child.tag for child in element} <= children
    assert required <= set(element.keys()) <= required | allowed
    assert TIME.fullmatch(element.get("time", ""))
    if element.tag in ("testsuites", "testsuite", "testcase"):
        assert not (element.text or "").strip()  # only the others hold text
    for child in element:
        check(child)


def parsed(verdict: Verdict) -> ElementTree.Element:
    root = ElementTree.fromstring(junit(verdict).encode())  # noqa: S314 - our own text
    check(root)
    for suite in (root, *root):
        cases = list(suite.iter("testcase"))
        counts = [sum(case.find(tag) is not None for case in cases) for tag in ("failure", "error")]
        assert [int(suite.get(key, "")) for key in ("tests", "failures", "errors")] == [
            len(cases), *counts,
        ]  # fmt: skip
    names = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len(set(names)) == len(names)
    return root


def outcomes(root: ElementTree.Element) -> dict[str, str]:
    return {
        case.get("name", ""): next((child.tag for child in case), "passed")
        for case in root.iter("testcase")
    }


@pytest.mark.slow
def test_each_gate_is_a_case(verdict: Verdict) -> None:
    found = outcomes(parsed(verdict))
    assert found["Images ≥ 1"] == found["Images ≥ 1 (2)"] == "passed"
    assert found["Regressions = 0 %"] == "failure"
    assert found["New silent channels = 0"] == "error"
    assert found["report is built"] == "passed"


def test_each_regressed_image_is_a_case_with_its_picture(verdict: Verdict) -> None:
    root = parsed(verdict)
    cases = [
        one for one in root.iter("testcase") if one.get("classname", "").endswith("regressions")
    ]
    assert len(cases) == len(verdict.regressed)
    assert all(case.find("failure") is not None for case in cases)
    photos = {image.name: image.photo for image in verdict.report.images}
    attached = {case.get("name"): case.findtext("system-out") for case in cases}
    assert attached["cat.jpg"] == f"[[ATTACHMENT|report/{photos['cat.jpg']}]]"


def test_warnings_fail_nothing(warning: Verdict) -> None:
    found = outcomes(parsed(warning))
    assert set(found.values()) == {"passed", "skipped"}
    assert found["Regressions = 0 %"] == "skipped"


def test_regressions_that_no_gate_forbids_fail_nothing(verdict: Verdict) -> None:
    free = replace(verdict, report=verdict.report.model_copy(update={"gates": None}))
    assert set(outcomes(parsed(free)).values()) == {"passed", "skipped"}


def test_without_gates_there_is_still_a_case(plain: Verdict) -> None:
    assert outcomes(parsed(plain)) == {"report is built": "passed"}


def test_at_most_200_images_are_listed(verdict: Verdict) -> None:
    assert verdict.report.baseline is not None
    many = [f"{at}.png" for at in range(5000)]
    baseline = verdict.report.baseline.model_copy(update={"regressed": many})
    long = replace(verdict, report=verdict.report.model_copy(update={"baseline": baseline}))
    cases = [one for one in parsed(long).iter("testcase") if one.get("name", "").endswith(".png")]
    assert len(cases) == MOST_REGRESSED


def test_every_file_begins_alike(verdict: Verdict, plain: Verdict) -> None:
    assert junit(verdict).startswith(BEGINNING)
    assert junit(plain).startswith(BEGINNING)

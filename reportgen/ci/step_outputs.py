"""Outputs of a GitHub Actions step: lines `name=value` for the file `$GITHUB_OUTPUT`."""

from reportgen.ci.verdict import Verdict


def step_outputs(verdict: Verdict) -> str:
    """The lines: where the report is, whether it passed, and each measured metric."""
    values = {
        "report-path": " ".join(verdict.page.splitlines()),
        "passed": str(verdict.passed).lower(),
        "gates": str(len(verdict.gates)),
        "gates-failed": str(len(verdict.failed)),
        **{name.replace("_", "-"): f"{number!r}" for name, number in verdict.numbers.items()},
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())

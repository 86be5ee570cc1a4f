"""Which continuous integration service runs the command, and what it reads."""

from collections.abc import Mapping
from typing import Literal

Service = Literal["github", "gitlab", "jenkins"]

_MARKS: Mapping[str, Service] = {
    "GITHUB_ACTIONS": "github",
    "GITLAB_CI": "gitlab",
    "JENKINS_URL": "jenkins",
}
"""Variables that a service sets in every job."""

FILES: Mapping[str, Mapping[str, str]] = {
    "github": {},
    "gitlab": {
        "junit": "reportgen-junit.xml",
        "codequality": "gl-code-quality-report.json",
        "metrics": "reportgen-metrics.txt",
    },
    "jenkins": {"junit": "reportgen-junit.xml"},
}
"""Files that are written for each service into the current folder, by their option."""


def service_of(environment: Mapping[str, str]) -> Service | None:
    """The service whose variables are set; None outside of one."""
    return next((name for mark, name in _MARKS.items() if environment.get(mark)), None)

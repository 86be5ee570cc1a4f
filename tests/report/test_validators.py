"""Every kind of page of several reports before others' judges: axe-core, Nu, Lighthouse, Jenkins.

REPORTGEN_NODE_MODULES names a `node_modules` with axe-core, lighthouse and vnu-jar, as
`npm install axe-core lighthouse vnu-jar` makes one; without it, those tests are skipped.
"""

import json
import os
import shutil
import statistics
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from reportgen.report.single.page import SINGLE_NAME
from tests.report.conftest import NAMES
from tests.report.screenshots import KINDS, kinds

pytestmark = pytest.mark.slow

JENKINS = "sandbox; default-src 'none'; img-src 'self'; style-src 'self'"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
TOO_BUSY = 600
"""Lighthouse's index of the processor below which its marks for speed say little of a page."""
NOT_PAGES = ("manifest.json", "report.json")


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Where npm has put the judges."""
    named = os.environ.get("REPORTGEN_NODE_MODULES")
    if not named or not (Path(named) / "axe-core").is_dir():
        pytest.skip("REPORTGEN_NODE_MODULES names no folder with axe-core, lighthouse, vnu-jar")
    return Path(named)


class _Quiet(SimpleHTTPRequestHandler):
    policy = ""

    def log_message(self, *_: Any) -> None:
        pass

    def end_headers(self) -> None:
        if self.policy:
            self.send_header("Content-Security-Policy", self.policy)
        super().end_headers()


@pytest.fixture
def serve() -> Iterator[Any]:
    """Serve a folder over HTTP, with a policy or without; gives the address."""
    servers = []

    def start(folder: Path, policy: str = "") -> str:
        handler = type("Handler", (_Quiet,), {"policy": policy})
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


VIEWS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}},
}


def test_every_page_is_of_a_kind_that_is_judged(reports: dict[str, Path]) -> None:
    for name in ("sample", "comparison"):
        of_a_kind = {page for pattern in KINDS.values() for page in reports[name].glob(pattern)}
        assert set(reports[name].rglob("*.html")) - of_a_kind == set()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "view"),
    # The sample has every kind of page; colours and widths are the same in the real reports.
    [
        *((name, view) for name in ("sample", "comparison") for view in VIEWS),
        *((name, "light") for name in NAMES[2:]),
    ],
)
def test_axe_finds_nothing_against_wcag(
    reports: dict[str, Path], node_modules: Path, chromium: Any, name: str, view: str
) -> None:
    axe = (node_modules / "axe-core" / "axe.min.js").read_text("utf-8")
    context = chromium.new_context(bypass_csp=True, **VIEWS[view])
    found = []
    for kind, path in kinds(reports[name]).items():
        page = context.new_page()
        page.goto(path.as_uri())
        found += _violations(page, axe, kind)
        if kind == "image" and page.locator("a[data-grid]").count():
            page.locator("a[data-grid]").first.click()
            page.locator("dialog").wait_for(state="visible")
            found += _violations(page, axe, "viewer")
        page.close()
    context.close()
    assert found == []


def _violations(page: Any, axe: str, kind: str) -> list[str]:
    page.evaluate(axe)
    result = page.evaluate("(tags) => axe.run({ runOnly: tags })", WCAG)
    return [f"{kind}: {one['id']}: {one['nodes'][0]['html'][:200]}" for one in result["violations"]]


@pytest.mark.parametrize("name", NAMES)
def test_the_nu_checker_finds_no_error(
    reports: dict[str, Path], node_modules: Path, name: str
) -> None:
    java = shutil.which("java")
    if java is None:
        pytest.skip("the Nu checker needs Java")
    jar = node_modules / "vnu-jar" / "build" / "dist" / "vnu.jar"
    pages = [str(path) for path in kinds(reports[name]).values()]
    made = subprocess.run(
        [java, "-jar", str(jar), "--format", "json", "--stdout", "--exit-zero-always", *pages],
        capture_output=True, check=True, timeout=900,
    )  # fmt: skip
    messages = json.loads(made.stdout)["messages"]
    assert [one for one in messages if one["type"] != "info"] == []


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(
            ("sample", kind)
            for kind in ("overview", "image", "layer", "channels of a layer", "channel")
        ),
        *(("comparison", kind) for kind in ("overview", "flips", "compared layers")),
    ],
)
def test_lighthouse_scores(
    reports: dict[str, Path], node_modules: Path, serve: Any, name: str, kind: str, tmp_path: Path
) -> None:
    chromium, node = os.environ.get("REPORTGEN_CHROMIUM") or shutil.which("chromium"), "node"
    if chromium is None or shutil.which(node) is None:
        pytest.skip("Lighthouse needs Node and Chromium")
    folder = reports[name]
    address = f"{serve(folder)}/{kinds(folder)[kind].relative_to(folder).as_posix()}"
    lighthouse = [node, str(node_modules / "lighthouse" / "cli" / "index.js"), address]
    environment = {**os.environ, "CHROME_PATH": chromium}
    # What else the machine does can only take marks from a page: it has three attempts.
    for attempt in range(3):
        medians = lighthouse_marks(lighthouse, environment, tmp_path / str(attempt))
        assert (medians["accessibility"], medians["best-practices"]) == (100, 100)
        if medians["performance"] >= 95:
            return
    if medians["speed of the machine"] < TOO_BUSY:
        pytest.skip("the machine is too busy to judge how fast a page is")
    assert medians["performance"] >= 95


def lighthouse_marks(
    lighthouse: list[str], environment: dict[str, str], folder: Path
) -> dict[str, float]:
    """The medians of three runs, 0..100, and of the machine's speed."""
    folder.mkdir()
    scores: dict[str, list[float]] = {}
    for at in range(3):
        target = folder / f"{at}.json"
        subprocess.run(
            [*lighthouse, "--quiet", "--output=json", f"--output-path={target}",
             "--only-categories=performance,accessibility,best-practices",
             "--chrome-flags=--headless=new --no-sandbox"],
            env=environment, check=True, timeout=600,
        )  # fmt: skip
        found = json.loads(target.read_text("utf-8"))
        scores.setdefault("speed of the machine", []).append(found["environment"]["benchmarkIndex"])
        for name, about in found["categories"].items():
            scores.setdefault(name, []).append(100 * about["score"])
    return {name: statistics.median(values) for name, values in scores.items()}


@pytest.mark.browser
@pytest.mark.parametrize("name", NAMES)
def test_pages_are_complete_under_jenkins_policy(
    reports: dict[str, Path], chromium: Any, serve: Any, name: str
) -> None:
    address = serve(reports[name], JENKINS)
    context = chromium.new_context()
    for kind, path in kinds(reports[name]).items():
        if path.name == SINGLE_NAME:
            continue  # a style in the page is what that policy forbids
        page = context.new_page()
        page.goto(f"{address}/{path.relative_to(reports[name]).as_posix()}")
        assert page.evaluate("getComputedStyle(document.querySelector('.shell')).display") == "grid"
        assert page.locator(".search").is_hidden()
        assert page.locator("main h1").is_visible()
        for picture in page.locator("main img").all()[:30]:
            picture.scroll_into_view_if_needed()
        page.wait_for_function(
            "[...document.querySelectorAll('main img')].slice(0, 30)"
            ".every((one) => one.naturalWidth)",
            timeout=60_000,
        )
        assert page.locator("main svg image").count() > 0 or kind != "units"
        page.close()
    context.close()

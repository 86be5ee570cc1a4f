"""The PDF printed by a browser: finding one, and what comes out."""

import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import pypdf
import pytest

from reportgen.errors import OutputError
from reportgen.report.pdf.browser import find_browser, print_with_browser
from tests.report.sample import write_sample

pytestmark = pytest.mark.slow


def test_without_a_browser_it_is_said_what_was_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(OutputError) as caught:
        find_browser(None)
    for words in ("chromium", "google-chrome", "microsoft-edge", "--browser", "typst"):
        assert words in str(caught.value)


def test_a_browser_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"There is no program .*nothing for --browser"):
        find_browser(tmp_path / "nothing")


def test_the_first_browser_that_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    found = "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge"
    monkeypatch.setattr(shutil, "which", lambda name: name if name == found else None)
    assert find_browser(None) == Path(found)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for a browser is a shell script")
def test_a_browser_that_makes_nothing(tmp_path: Path) -> None:
    report = write_sample(tmp_path, names=("cat.jpg",))
    browser = tmp_path / "browser"
    browser.write_text("#!/bin/sh\nexit 0\n")
    browser.chmod(0o755)
    with pytest.raises(OutputError, match="The browser browser made no PDF"):
        print_with_browser(report, tmp_path, browser=browser)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for a browser is a shell script")
def test_an_interrupt_leaves_no_process_and_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = write_sample(tmp_path / "report", names=("cat.jpg",))
    helper, browser, temporary = tmp_path / "helper", tmp_path / "browser", tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    browser.write_text(f"#!/bin/sh\nsleep 300 &\necho $! > {helper}.part\n"
                       f"mv {helper}.part {helper}\nwait\n")  # fmt: skip
    browser.chmod(0o755)

    def interrupt() -> None:
        for _ in range(2000):
            if helper.exists():
                break
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        print_with_browser(report, tmp_path / "report", browser=browser)
    thread.join()
    state = Path(f"/proc/{int(helper.read_text())}/stat")
    for _ in range(1000):  # a busy machine may take a moment to end it
        if not state.exists() or state.read_text().split()[2] == "Z":
            break
        time.sleep(0.01)
    else:
        pytest.fail("the browser's process still runs")
    assert list(temporary.iterdir()) == []
    assert not [path for path in (tmp_path / "report").iterdir() if path.name.startswith(".")]


def test_the_browser_prints_the_same_report(tmp_path: Path) -> None:
    try:
        browser = find_browser(None)
    except OutputError:
        pytest.skip("this machine has no browser")
    report = write_sample(tmp_path, names=("cat.jpg",))
    result = print_with_browser(report, tmp_path, paper="letter", browser=browser)
    made = result.path.read_bytes()
    reader = pypdf.PdfReader(result.path)
    assert result.warnings == ()
    box = reader.pages[0].mediabox
    assert (round(float(box.width)), round(float(box.height))) == (612, 792)
    text = "".join(page.extract_text() for page in reader.pages)
    squeezed = "".join(text.split())
    for words in (report.title, report.model.layers[1].path, "Filter patterns", "cat.jpg"):
        assert "".join(words.split()) in squeezed
    about = reader.metadata
    assert about is not None
    assert (about.title, about.author) == (report.title, report.author)
    # The browser itself writes a page in another way once in many times.
    prints = [made]
    while len(set(prints)) == len(prints) < 5:
        again = print_with_browser(report, tmp_path, paper="letter", browser=browser)
        prints.append(again.path.read_bytes())
    assert len(set(prints)) < len(prints)
    grids = sum(len(image.activations) for image in report.images)
    assert sum(len(page.images) for page in reader.pages) >= grids

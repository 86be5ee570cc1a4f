"""What is printed where: bars, lines, links; and that no text can steer a terminal."""

import io
import os
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.cli.lines import SILENCE, Lines
from reportgen.cli.overall import Overall, clock_text
from reportgen.cli.streams import print_path, say, visible
from reportgen.cli.terminal import Bars, progress
from reportgen.progress import Silent


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def attach(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Tty]:
    """Puts a terminal of 200 columns behind stdout and stderr when it is called."""
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")

    def attached() -> Tty:
        stream = Tty()
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setattr(sys, "stderr", stream)
        return stream

    return attached


@given(st.text())
def test_visible_text_cannot_steer_a_terminal(text: str) -> None:
    shown = visible(text)
    bad = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert not [c for c in shown if unicodedata.category(c) in bad and c not in "\u200c\u200d"]
    shown.encode("utf-8")


def test_visible_text_keeps_words_and_emoji() -> None:
    assert visible("été 猫 👩\u200d🔬 <b>") == "été 猫 👩\u200d🔬 <b>"
    assert visible("\x1b[2J\n\u202e") == r"\x1b[2J\n\u202e"


def test_the_face_suits_the_stream(
    attach: Callable[[], Tty], monkeypatch: pytest.MonkeyPatch
) -> None:
    attach()
    with progress(quiet=False) as face:
        assert isinstance(face, Bars)
    with progress(quiet=True) as face:
        assert isinstance(face, Silent)
    monkeypatch.setenv("TERM", "dumb")
    with progress(quiet=False) as face:
        assert isinstance(face, Lines)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress(quiet=False) as face:
        assert isinstance(face, Lines)


def test_bars_say_what_how_far_and_what_is_left(attach: Callable[[], Tty]) -> None:
    tty = attach()
    with progress(quiet=False) as face:
        with face.stage("Filter \x1bgalleries", 4) as stage:
            stage.advance(3)
            face.warn("[red]careful")
            face.warn("[red]careful")
            assert isinstance(face, Bars)
            face.refresh()
            assert "3/4" in tty.getvalue()
        with face.stage("Pages"):
            pass
    text = tty.getvalue()
    assert r"Filter \x1bgalleries: 0.0 s" in text
    assert "Pages: 0.0 s" in text
    assert text.count("Warning: [red]careful") == 1


def test_a_stage_that_fails_takes_its_bar_along(attach: Callable[[], Tty]) -> None:
    tty = attach()
    with pytest.raises(ValueError, match="no"), progress(quiet=False) as face, face.stage("A", 2):
        raise ValueError("no")
    assert "A: " not in tty.getvalue()


def test_no_color_is_honoured(attach: Callable[[], Tty], monkeypatch: pytest.MonkeyPatch) -> None:
    tty = attach()
    monkeypatch.setenv("NO_COLOR", "1")
    with progress(quiet=False) as face:
        face.warn("careful")
    assert "\x1b[33m" not in tty.getvalue()
    assert "Warning: careful" in tty.getvalue()


def test_without_no_color_a_warning_is_yellow(attach: Callable[[], Tty]) -> None:
    tty = attach()
    with progress(quiet=False) as face:
        face.warn("careful")
    assert "\x1b[33m" in tty.getvalue()


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_time_left_follows_the_costs_and_not_cached_work() -> None:
    clock = Clock()
    overall = Overall(clock)
    assert overall.text() == ""
    overall.expect({"Cached": 30, "Quick": 10, "Slow": 60, "Empty": 0})
    overall.add("Cached", 1.0, computed=False)
    assert overall.text() == "30 %"
    clock.now += 20
    overall.add("Quick", 0.5, computed=True)
    assert overall.text() == "35 %, about 4:20 left"  # 5 of cost took 20 s, 65 are left
    overall.finish("Quick")
    overall.finish("Quick")
    overall.finish("Unknown")
    assert overall.text() == "40 %, about 2:00 left"
    overall.finish("Slow")
    assert overall.text() == "100 %, about 0:00 left"


def test_seconds_on_a_clock() -> None:
    assert [clock_text(s) for s in (0.4, 59.6, 125, 3725)] == ["0:00", "1:00", "2:05", "1:02:05"]


def test_bars_show_the_whole_and_a_spinner_for_what_has_no_steps(
    attach: Callable[[], Tty],
) -> None:
    tty = attach()
    with progress(quiet=False) as face:
        assert isinstance(face, Bars)
        with face.stage("Starting TensorFlow"):
            face.refresh()
        assert "0/" not in tty.getvalue()
        face.expect({"Slow": 3, "Rest": 1})
        with face.stage("Slow", 2) as stage:
            stage.skip(1)
            face.refresh()
            assert "38 %" in tty.getvalue()
            stage.advance()
            face.refresh()
            assert "75 %, about 0:00 left" in tty.getvalue()


def test_a_silent_log_gets_a_line_that_says_how_far_the_run_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    face = Lines(clock)
    face.expect({"Patterns": 1, "Pages": 1})
    with face.stage("Starting TensorFlow"):
        clock.now += SILENCE
        face.break_silence()
    with face.stage("Patterns", 4) as stage:
        stage.advance()
        clock.now += SILENCE - 1
        face.break_silence()
        clock.now += 1
        face.break_silence()
        face.break_silence()
    with face.stage("Patterns", 2):
        pass
    assert capsys.readouterr().err.splitlines() == [
        "[0:00] Starting TensorFlow",
        "[0:28] Starting TensorFlow (report 0 %)",
        "[0:28] Patterns (4)",
        "[0:56] Patterns 1/4 (report 12 %, about 6:32 left)",
    ]


def test_the_watch_of_a_log_ends_with_it() -> None:
    with Lines() as face:
        watch = face._watch
        assert watch.is_alive()
    assert not watch.is_alive()


def test_lines_are_one_for_each_stage(capsys: pytest.CaptureFixture[str]) -> None:
    face = Lines()
    with face.stage("Images", 200) as stage:
        for _ in range(200):
            stage.advance()
    face.note("Once.")
    face.note("Once.")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert [line.partition("] ")[2] or line for line in printed.err.splitlines()] == [
        "Images (200)",
        "Once.",
    ]


def test_a_path_below_the_current_folder_is_relative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    print_path(Path("a b") / "index.html")
    print_path(tmp_path / "there" / "index.html")
    assert capsys.readouterr().out.splitlines() == [
        str(Path("a b") / "index.html"),
        str((tmp_path / "there" / "index.html").resolve()),
    ]


def test_on_a_terminal_the_path_is_a_link(
    attach: Callable[[], Tty], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tty = attach()
    monkeypatch.chdir(tmp_path)
    print_path(Path("[b]é #1") / "index.html")
    assert (tmp_path / "[b]é #1" / "index.html").resolve().as_uri() in tty.getvalue()
    assert str(Path("[b]é #1") / "index.html") in tty.getvalue()


def test_a_stream_that_knows_few_characters_is_no_reason_to_fail() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252", errors="backslashreplace")
    say("猫 “é”", stream)
    assert stream.buffer.getvalue().rstrip() == "\\u732b “é”".encode("cp1252")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes close otherwise there")
def test_a_reader_who_left_stops_what_goes_to_stdout_and_not_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        os.close(reading)
        monkeypatch.setattr(sys, "stderr", stream)
        say("Nobody hears this.")
        say("Nor this.")
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        os.close(reading)
        with pytest.raises(BrokenPipeError):
            say("Nobody reads this result.", stream)

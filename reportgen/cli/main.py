"""The commands: read the words, call the pipeline, print, and answer with an exit code.

Nothing heavy is imported before there is something to do: `--help`, `--version` and usage errors
need neither TensorFlow nor NumPy.
"""

import contextlib
import io
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from reportgen.cli.cache_commands import cache
from reportgen.cli.closing import closing_lines, judge, open_in_browser
from reportgen.cli.options import (
    COMPARE_KEYS,
    DEMO_KEYS,
    INSPECT_KEYS,
    SettingsCommand,
    given_settings,
    shown_command,
)
from reportgen.cli.report_commands import COMMANDS
from reportgen.cli.streams import forget, print_path, say
from reportgen.cli.terminal import progress
from reportgen.errors import ReportgenError
from reportgen.version import __version__

if TYPE_CHECKING:
    from reportgen.config import Settings

FAILED, INTERRUPTED, TERMINATED = 1, 130, 143

SWITCHES = (
    "Switches set in the configuration file can be turned off with --no-open, --no-strict, "
    "--with-top, --with-cache."
)


class Terminated(KeyboardInterrupt):
    """SIGTERM: ends a run as tidily as Ctrl-C does."""


class Commands(click.Group):
    """The group of all commands; turns whatever ends one of them into a sentence and a code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except ReportgenError as error:
            self._fail(ctx, str(error))
            ctx.exit(error.exit_code)
        except KeyboardInterrupt as error:
            kept = ctx.meta.get("kept", "Nothing was written.")
            say(f"Interrupted. {kept}")
            ctx.exit(TERMINATED if isinstance(error, Terminated) else INTERRUPTED)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            # Any other error is a bug or the machine's: a user gets one sentence all the same.
            self._fail(ctx, unforeseen(error))
            if isinstance(error, OSError):
                forget(sys.stdout)  # its last line may be what cannot be written
            ctx.exit(FAILED)

    @staticmethod
    def _fail(ctx: click.Context, sentence: str) -> None:
        if ctx.meta.get("debug"):
            import traceback

            for line in traceback.format_exc().splitlines():
                say(line)
        say(f"Error: {sentence}")


def unforeseen(error: Exception) -> str:
    """The sentence for an error that nothing else has explained."""
    if isinstance(error, BrokenPipeError):
        return "The output has no reader any more; its last lines are lost."
    if isinstance(error, OSError) and error.strerror:
        name = error.filename if isinstance(error.filename, str) else ""
        what = f"The file {Path(name).name[:100]}" if name else "The output or a file"
        return f"{what} cannot be read or written: {error.strerror}."
    if isinstance(error, MemoryError):
        return (
            "The memory of this machine does not suffice; give fewer or smaller images, or take "
            "--batch-size 1."
        )
    if isinstance(error, RecursionError):
        return (
            "A file or folder is nested too deep to be read (run with --debug for the traceback)."
        )
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return f"Unexpected error: {what.rstrip('.')} (run with --debug for the traceback)."


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, message="reportgen %(version)s")
def cli() -> None:
    """Show what a trained Keras image classifier sees, as a static HTML report."""


@cli.command(cls=SettingsCommand, epilog=SWITCHES)
@click.argument("model")
@click.argument("images", nargs=-1, metavar="IMAGE...")
@click.option(
    "--config", metavar="FILE", help="TOML file with options; the command line overrides it."
)
@click.pass_context
def build(ctx: click.Context, /, model: str, images: tuple[str, ...], **_: Any) -> None:
    """Build a report from a model and images.

    MODEL is a .keras or .h5 file, or the name of a keras.applications network (vgg16).

    IMAGE is a file, a folder (with all below it) or a glob. With --dataset, none is needed.

    \b
    Examples:
      reportgen build cats_and_dogs.h5 photos/
      reportgen build model.keras photos/ --labels labels.txt -o report
      reportgen build vgg16 --weights vgg16.weights.h5 cat.jpg --profile quick
    """  # noqa: D301 - click reads the escape
    settings = _settings(ctx, given_settings(ctx), output="report")
    if not images and settings.dataset is None:
        raise click.UsageError("Missing argument 'IMAGE...'.", ctx)
    _report(ctx, model, images, settings)


@cli.command(cls=SettingsCommand, keys=DEMO_KEYS, output="reportgen-demo")
@click.pass_context
def demo(ctx: click.Context, /, **_: Any) -> None:
    """Build a report from the bundled example.

    The model is a small network trained on drawn shapes; the images lie in class folders. Heatmap
    tests and dreams are included, unless --profile names a set of options. Nothing is fetched.
    """
    from reportgen.demo import demo_images, demo_labels, demo_model

    own = {
        "title": "What a small network sees: shapes",
        "labels": demo_labels(),
        "preprocess": "unit",
    }
    given = given_settings(ctx)
    everything = {} if "profile" in given else {"trust": True, "dream": ["last"]}
    settings = _settings(ctx, {**own, **everything, **given}, output="reportgen-demo")
    _report(ctx, str(demo_model()), (str(demo_images()),), settings)


@cli.command(cls=SettingsCommand, keys=COMPARE_KEYS, output="comparison")
@click.argument("reports", nargs=-1, required=True, metavar="BASELINE REPORT...")
@click.option(
    "--images",
    multiple=True,
    metavar="IMAGE",
    help="Images for models that have no report yet: a file, folder or glob (repeatable).",
)
@click.option("--config", metavar="FILE", help="TOML file with options; the command line wins.")
@click.pass_context
def compare(
    ctx: click.Context, /, reports: tuple[str, ...], images: tuple[str, ...], **_: Any
) -> None:
    """Compare two reports, or the course over several.

    BASELINE and REPORT are folders or zips of finished reports. With --images they may also be
    models, whose reports are built first. Three or more reports, such as those of checkpoints, add
    the course over all.

    \b
    Examples:
      reportgen compare monday/ tuesday/ -o comparison
      reportgen compare old.zip new/ --fail-if "regressions > 2%"
      reportgen compare epoch1/ epoch5/ epoch20/ --format site,pdf
      reportgen compare old.keras new.keras --images photos/ --profile quick
    """  # noqa: D301 - click reads the escape
    settings = _settings(ctx, given_settings(ctx), output="comparison")
    _hide_warnings(settings)
    from reportgen.ci.outputs import Outputs
    from reportgen.ci.verdict import Verdict
    from reportgen.comparison_pipeline import compare as compare_reports

    outputs = Outputs.of(settings, os.environ)
    outputs.check(settings.out or Path())
    command = shown_command(ctx, reproducible="SOURCE_DATE_EPOCH" in os.environ)
    with progress(quiet=settings.quiet) as face:
        compared = compare_reports(reports, images, settings, progress=face, command=command)
        face.note(compared.sentence)
    if not settings.quiet:
        print_path(compared.page)
    if settings.open:
        open_in_browser(compared.page)
    if outputs.any:
        verdict = Verdict.of_comparison(
            compared.comparison, compared.judged, compared.model, compared.page
        )
        for line in outputs.write(verdict):
            say(line, sys.stdout)
    judge(compared.comparison.gates)


@cli.command(cls=SettingsCommand, keys=INSPECT_KEYS)
@click.argument("model")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option(
    "--config", metavar="FILE", help="TOML file with options; the command line overrides it."
)
@click.pass_context
def inspect(ctx: click.Context, /, model: str, as_json: bool, **_: Any) -> None:
    """Print a model's layers, inputs and preprocessing.

    The table lists its layers by block, then its inputs, head, preprocessing and totals.

    MODEL is a .keras or .h5 file, or the name of a keras.applications network (vgg16).
    """
    settings = _settings(ctx, given_settings(ctx), output="report")
    _hide_warnings(settings)
    from reportgen.cli.summary_table import print_file, print_summary
    from reportgen.inputs.model_files import identify
    from reportgen.pipeline import inspect as facts_about

    try:
        with progress(quiet=settings.quiet or as_json) as face:
            facts = facts_about(model, settings, progress=face)
    except ReportgenError:
        if not as_json:  # what the file is can be said even where it cannot be opened
            with contextlib.suppress(ReportgenError):
                print_file(identify(model, weights=settings.weights))
        raise
    if as_json:
        import json

        is_utf8 = "utf" in (sys.stdout.encoding or "").lower()
        text = json.dumps(
            facts.model_dump(mode="json", exclude={"weights"}), indent=2, ensure_ascii=not is_utf8
        )
        click.echo(text)
    else:
        print_summary(facts)


for command in (cache, *COMMANDS):
    cli.add_command(command)


def _settings(ctx: click.Context, given: dict[str, Any], *, output: str) -> "Settings":
    from reportgen.config import make_settings

    ctx.meta["debug"] = given.get("debug")
    config = ctx.params.get("config")
    settings = make_settings(given, Path(config) if config else None)
    ctx.meta["debug"] = settings.debug
    return settings.model_copy(update={"out": settings.out or Path(output)})


def _report(ctx: click.Context, model: str, images: tuple[str, ...], settings: "Settings") -> None:
    _hide_warnings(settings)
    from reportgen.hardware.device import uncollected

    with uncollected("reportgen.pipeline"):
        from reportgen.ci.outputs import Outputs
        from reportgen.ci.verdict import Verdict
        from reportgen.pipeline import build as build_report

    outputs = Outputs.of(settings, os.environ)
    outputs.check(settings.out or Path())
    if settings.shard:
        return _compute_shard(model, images, settings)
    if not settings.no_cache:
        ctx.meta["kept"] = "Finished work is cached; run the same command to continue."
    command = shown_command(ctx, reproducible="SOURCE_DATE_EPOCH" in os.environ)
    start = time.monotonic()
    with progress(quiet=settings.quiet) as face:
        outcome = build_report(model, images, settings, progress=face, command=command)
        for line in closing_lines(outcome, time.monotonic() - start):
            face.note(line)
    index = outcome.page
    if not settings.quiet:
        print_path(index)
    if settings.open:
        open_in_browser(index)
    if outputs.any:
        for line in outputs.write(Verdict.of(outcome.report, model, index)):
            say(line, sys.stdout)
    if settings.fail_if or settings.require:
        judge(outcome.report.gates)


def _compute_shard(model: str, images: tuple[str, ...], settings: "Settings") -> None:
    from reportgen.pipeline import build_shard

    with progress(quiet=settings.quiet) as face:
        face.note(build_shard(model, images, settings, progress=face).text)


def _hide_warnings(settings: "Settings") -> None:
    """Keep what libraries warn their programmers of off the terminal, unless asked for."""
    import warnings

    if not settings.debug and not sys.warnoptions:
        warnings.simplefilter("ignore")


def _terminated(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated


def main() -> None:
    """Run the command line and exit."""
    _open_closed_streams()
    signal.signal(signal.SIGTERM, _terminated)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows fewer characters than a file name holds is no reason to fail.
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(OSError, ValueError):
                stream.reconfigure(errors="backslashreplace")
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        Path.cwd()
    except OSError:
        say("Error: The current folder is gone; go to another one with cd.")
        _leave(FAILED)
    try:
        cli(prog_name="reportgen")
    except KeyboardInterrupt as error:
        say("Interrupted. Nothing was written.")
        _leave(TERMINATED if isinstance(error, Terminated) else INTERRUPTED)
    except SystemExit as done:
        _leave(done.code)


def _open_closed_streams() -> None:
    """Give closed standard streams to nowhere: a file would get their numbers, and their lines."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with contextlib.suppress(OSError):
                os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one


def _leave(code: str | int | None) -> None:
    """Exit; without the second that an engine takes to tidy up what ends with the process."""
    if ("tensorflow" in sys.modules or "jax" in sys.modules) and isinstance(code, int):
        for stream in (sys.stdout, sys.stderr):
            # A stream may be closed, or be none.
            with contextlib.suppress(AttributeError, OSError, ValueError):
                stream.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()

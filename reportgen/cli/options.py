"""The fields of Settings as options of the command line: names, help texts, groups.

Settings are imported when a command's options are first looked at: `reportgen --help` does without.
"""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

GROUPS: dict[str, tuple[str, ...]] = {
    "The run": ("out", "force", "open", "strict", "quiet", "debug"),
    "The report": (
        *("profile", "title", "author", "organisation", "notes", "sections", "skip_section"),
        *("explanations", "format", "single_size", "max_size"),
        *("templates", "pdf_engine", "pdf_images", "pdf_size", "paper", "browser"),
    ),
    "Model and images": (
        *("weights", "weights_by_name", "no_top", "input_size", "custom_objects", "replace_layer"),
        *("input", "output", "head", "labels", "labels_csv", "values_csv", "split", "preprocess"),
        *("frames", "resize", "interpolation", "alpha", "exif", "depth"),
    ),
    "Activations": (
        "layers",
        "channels",
        "columns",
        "max_channels",
        "tile_size",
        "full_resolution",
        "contrast",
        "normalise",
    ),
    "Filter galleries": (
        *("filters", "filter_method", "filter_steps", "filter_size", "filter_margin"),
        "block_gallery",
        *("filter_diversity", "filter_negative"),
    ),
    "Exemplars": ("exemplars", "unit"),
    "Data set": ("dataset", "dataset_pages"),
    "Map of images": ("map",),
    "Dreams": ("dream", "dream_steps"),
    "Grad-CAM": (
        *("top", "class", "cam", "trust", "robustness", "concepts", "gradcam_layer"),
        *("cam_layers", "cam_difference", "colormap", "full_size"),
    ),
    "Gates and continuous integration": (
        *("fail_if", "require", "gates", "baseline", "history", "ci", "junit", "summary"),
        *("annotations", "codequality", "metrics", "badge", "outputs"),
    ),
    "Computing": (
        "engine",
        "device",
        "batch_size",
        "seed",
        "cache_dir",
        "cache_size",
        "no_cache",
        "shard",
        "runner",
        "workers",
    ),
}
"""Keys of the settings under the headings that `--help` and the docs show them."""

ALL_KEYS = tuple(key for keys in GROUPS.values() for key in keys)

COMPARE_KEYS = tuple(
    key
    for key in ALL_KEYS
    if key
    not in (
        *("strict", "organisation", "notes", "max_size", "pdf_engine", "browser", "history"),
        "baseline",
    )
)
"""What `reportgen compare` takes: how models are built first, and how a comparison is written."""

IMAGE_KEYS = (
    "labels_csv",
    "values_csv",
    "split",
    "frames",
    "resize",
    "interpolation",
    "alpha",
    "exif",
    "depth",
)

INSPECT_KEYS = (
    *(key for key in GROUPS["Model and images"] if key not in IMAGE_KEYS),
    *("engine", "device", "cache_dir", "no_cache", "quiet", "debug"),
)
"""What `reportgen inspect` takes: what changes how the model is read."""

DEMO_KEYS = tuple(
    key
    for key in ALL_KEYS
    if key not in (*GROUPS["Model and images"], "author", "organisation", "notes")
)
"""What `reportgen demo` takes: all but what its own model and images settle."""

METAVARS = {
    "title": "TEXT",
    "author": "NAME",
    "organisation": "NAME",
    "format": "NAME",
    "single_size": "MB|all",
    "max_size": "SIZE",
    "pdf_images": "N|all",
    "pdf_size": "SIZE",
    "templates": "DIR",
    "browser": "PATH",
    "notes": "FILE.md",
    "sections": "NAME",
    "skip_section": "NAME",
    "weights": "FILE",
    "input_size": "SIZE",
    "layers": "GLOB|START:STOP",
    "channels": "LAYER:3,30",
    "contrast": "MEAN:STD",
    "preprocess": "MODE",
    "filters": "N|all|LAYER:0,4,17",
    "block_gallery": "FILTERS:PIXELS:STEPS",
    "columns": "N|all",
    "unit": "LAYER:ROW,COLUMN,CHANNEL",
    "dataset": "DIR|FILE",
    "class": "INDEX|LABEL",
    "cam": "NAME",
    "cam_layers": "GLOB",
    "cam_difference": "CLASS,CLASS",
    "dream": "LAYER[:CHANNEL]",
    "gradcam_layer": "PATH",
    "labels": "FILE",
    "labels_csv": "FILE.csv",
    "values_csv": "FILE.csv",
    "split": "NAME",
    "out": "DIR",
    "custom_objects": "FILE.py",
    "replace_layer": "NAME=EXPR",
    "input": "NAME=FILE.npy",
    "output": "NAME",
    "head": "KIND",
    "fail_if": "CONDITION",
    "require": "CONDITION",
    "baseline": "REPORT",
    "history": "FILE.jsonl",
    "junit": "FILE.xml",
    "summary": "FILE.md",
    "codequality": "FILE.json",
    "metrics": "FILE.txt",
    "badge": "FILE.json",
    "cache_dir": "DIR",
    "shard": "I/N",
    "cache_size": "SIZE",
}
"""What stands for an option's value in `--help`; N by default."""

COMMA_LISTS = ("sections", "skip_section", "format", "cam")


COMMON_KEYS = (
    *("out", "profile", "format", "labels", "preprocess", "weights", "config", "open"),
    *("sections", "top", "layers", "filters"),
)
"""What `--help` shows of a command with many options: the first of them that it has."""

MOST_COMMON, MOST_SHOWN = 8, 24
"""Options in the short help, and settings of a command whose help needs no short form."""

HELP, SHOW_ALL = ("--help", "--help-all"), "reportgen.help_all"


def _help_all() -> click.Option:
    def show(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
        if wanted:
            ctx.meta[SHOW_ALL] = True
            click.echo(ctx.get_help(), color=ctx.color)
            ctx.exit()

    return click.Option(
        ["--help-all"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show,
        help="Show all options and exit.",
    )


def flag(key: str) -> str:
    """The option of a settings key: `skip_section` is `--skip-section`."""
    return f"--{key.replace('_', '-')}"


def opposite(key: str) -> str:
    """The option that undoes a switch of the configuration file: `--no-open`, `--with-top`."""
    return flag(f"with_{key.removeprefix('no_')}" if key.startswith("no_") else f"no_{key}")


def field_of(key: str) -> "FieldInfo":
    """The field of Settings that a key sets."""
    from reportgen.config import Settings, option_names

    return Settings.model_fields[option_names()[key]]


def default_text(key: str, output: str = "report") -> str:
    """The default as help and the docs print it; empty where there is nothing to print."""
    if key == "out":
        return output
    default = field_of(key).default
    if isinstance(default, tuple):
        return ", ".join(default)
    return "" if default in (None, "") or isinstance(default, bool) else str(default)


class SettingOption(click.Option):
    """An option for one key of the settings. Its value is checked by Settings alone."""

    def __init__(self, key: str, output: str) -> None:
        field = field_of(key)
        text = field.description or ""
        if default := default_text(key, output):
            text += f"  [default: {default}]"
        super().__init__(self._names(key, field), help=text, **self._kind(key, field))

    @staticmethod
    def _names(key: str, field: "FieldInfo") -> list[str]:
        names = f"{flag(key)}/{opposite(key)}" if field.annotation is bool else flag(key)
        return [key, *(["-o"] if key == "out" else []), names]

    @staticmethod
    def _kind(key: str, field: "FieldInfo") -> dict[str, Any]:
        if field.annotation is bool:
            return {"is_flag": True, "default": False}
        if get_origin(field.annotation) is Literal:
            return {"type": click.Choice(get_args(field.annotation))}
        many = field.annotation == tuple[str, ...]
        return {"type": str, "metavar": METAVARS.get(key, "N"), "multiple": many}

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The row of `--help`: of a switch, the side that changes something."""
        record = super().get_help_record(ctx)
        on = field_of(self.name or "").default is True
        return record and (record[0].split(" / ")[-1 if on else 0], record[1])


class SettingsCommand(click.Command):
    """A command that takes settings as options, shown in `--help-all` under their groups.

    `keys` are the settings it takes, `output` the default folder that the help names. `--help`
    shows the commonest ones only, where there are many.
    """

    def __init__(
        self, *args: Any, keys: Sequence[str] = ALL_KEYS, output: str = "report", **rest: Any
    ) -> None:
        super().__init__(*args, **rest)
        self._keys = keys
        self._output = output
        self._made = False
        self._is_long = len(keys) > MOST_SHOWN
        if self._is_long:
            self.params.append(_help_all())

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The command's own arguments and options, then one option for each setting."""
        if not self._made:
            self.params = [*self.params, *(SettingOption(key, self._output) for key in self._keys)]
            self._made = True
        return super().get_params(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under the headings of their groups."""
        options = [option for option in self.get_params(ctx) if isinstance(option, click.Option)]
        rows = {o.name: record for o in options if (record := o.get_help_record(ctx))}
        if self._is_long and not ctx.meta.get(SHOW_ALL):
            common = [rows[key] for key in COMMON_KEYS if key in rows][:MOST_COMMON]
            with formatter.section("Common options"):
                formatter.write_dl(common)
            with formatter.section("Help"):
                formatter.write_dl([rows[o.name] for o in options if o.opts[-1] in HELP])
            return
        groups = {
            title: [rows.pop(key) for key in keys if key in rows] for title, keys in GROUPS.items()
        }
        for title, group in {**groups, "Other options": list(rows.values())}.items():
            if group:
                with formatter.section(title):
                    formatter.write_dl(group)


def given_settings(ctx: click.Context) -> dict[str, Any]:
    """What the command line itself says, by key; what it leaves out is not in it.

    Raises BadParameter for bytes that are no text, which only a file's name may hold.
    """
    from reportgen.config import FILE_KEYS, option_names

    given: dict[str, Any] = {}
    for key in option_names():
        if ctx.get_parameter_source(key) == ParameterSource.COMMANDLINE:
            value = ctx.params[key]
            if key not in FILE_KEYS and not all(map(_is_text, _listed(value))):
                raise click.BadParameter("the value is not valid text", ctx, param_hint=flag(key))
            if key in COMMA_LISTS:
                value = tuple(name.strip() for item in value for name in item.split(","))
            given[key] = value
    return given


def shown_command(ctx: click.Context, *, reproducible: bool) -> str:
    """The command line as a report states it: files by their names, no folder of the machine.

    Positional arguments come first, options follow in the order of `--help`. A `reproducible`
    command leaves out what says how to run and does not change the report, such as `-o`.
    """
    from reportgen.config import RUN_ONLY

    words = ["reportgen", ctx.info_name or ""]
    for parameter in ctx.command.get_params(ctx):
        key = parameter.name or ""
        if ctx.get_parameter_source(key) != ParameterSource.COMMANDLINE:
            continue
        if reproducible and key in RUN_ONLY:
            continue
        values = _listed(ctx.params[key])
        if isinstance(parameter, click.Argument):
            words += [file_name(value) for value in values]
        else:
            words += _option_words(key, parameter.opts[0], values)
    return shlex.join(words)


def _option_words(key: str, name: str, values: Sequence[Any]) -> list[str]:
    from reportgen.config import FILE_KEYS, option_names

    if key in option_names() and field_of(key).annotation is bool:
        return [flag(key) if values[0] else opposite(key)]
    is_file = key in (*FILE_KEYS, "config")
    return [
        word for value in values for word in (name, file_name(value) if is_file else str(value))
    ]


def _is_text(value: Any) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in str(value))


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, tuple) else (value,)


def file_name(path: str | Path) -> str:
    """The last part of a path, for showing: bytes that are no text are spelled out."""
    name = Path(path).name or ("." if Path(path) == Path() else str(path))
    return name.encode("utf-8", "backslashreplace").decode("utf-8")

"""The settings of one build: which go together, and what follows from them."""

import re
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import model_validator

from reportgen.channel_lists import numbers_of
from reportgen.config.fields import SettingsFields
from reportgen.config.values import ON_REQUEST, SCANNING, SECTIONS
from reportgen.feeding import Feeding
from reportgen.printable import printable

ALL_KEYS = ("single_size", "columns", "pdf_images")
"""Settings that take a number, or the word "all"."""

CI_FILES = ("junit", "summary", "codequality", "metrics", "badge")
"""Files for continuous integration, each rewritten by every run."""

FILE_KEYS = (
    "dataset",
    "notes",
    "labels",
    "labels_csv",
    "values_csv",
    "templates",
    "weights",
    "custom_objects",
    "out",
    "cache_dir",
    "browser",
    "baseline",
    "history",
    *CI_FILES,
)
"""Keys that name files: in a configuration file they are relative to its folder."""

RUN_ONLY = {
    "out",
    "force",
    "open",
    "quiet",
    "debug",
    "strict",
    "cache_dir",
    "cache_size",
    "no_cache",
    "shard",
    "runner",
    "workers",
    "browser",
    "ci",
    "annotations",
    "outputs",
    *CI_FILES,
}
"""Settings that say how to run, not what the report holds: left out of report.json."""

WEIGHT_WORDS = ("imagenet", "none")
"""Values of `weights` that are no files."""


class Settings(SettingsFields):
    """All settings of one build, checked against each other."""

    @model_validator(mode="after")
    def _sections_agree(self) -> Self:
        if both := set(self.sections) & set(self.skip_section):
            raise ValueError(f"section “{min(both)}” is both asked for and skipped")
        return self

    @model_validator(mode="after")
    def _workers_are_used(self) -> Self:
        if self.workers is not None and self.runner == "local":
            raise ValueError("--workers is for --runner ray: give both, or none")
        if self.runner == "ray" and self.shard:
            raise ValueError("--shard and --runner ray both divide the work: give one of them")
        if self.runner == "ray" and self.no_cache:
            raise ValueError(
                "--runner ray keeps its results in the cache: it cannot go with --no-cache"
            )
        return self

    @model_validator(mode="after")
    def _shards_are_kept(self) -> Self:
        if self.shard and self.no_cache:
            raise ValueError("--shard keeps its results in the cache: it cannot go with --no-cache")
        return self

    @model_validator(mode="after")
    def _clips_are_possible(self) -> Self:
        asked = {"--trust": self.trust, "--robustness": self.robustness, "--dream": self.dream,
                 "--split": self.split, "--format notebook": "notebook" in self.format}  # fmt: skip
        if self.frames and (found := [option for option, on in asked.items() if on]):
            raise ValueError(f"--frames cannot go with {found[0]}, which is for single images")
        return self

    @property
    def chosen_sections(self) -> tuple[str, ...]:
        """The sections to make, in the order of the pages."""
        switches = {
            "trust": self.trust,
            "robustness": self.robustness,
            "concepts": self.concepts,
            "dreams": bool(self.dream),
        }
        asked = {name for name, on in switches.items() if on}
        usual = [name for name in SECTIONS if name not in ON_REQUEST - asked]
        wanted = [*self.sections, *asked] if self.sections else usual
        return tuple(name for name in SECTIONS if name in wanted and name not in self.skip_section)

    @property
    def scans(self) -> bool:
        """Whether a data set is read: it is named, and a section says something of it."""
        asked = any(section in self.chosen_sections for section in SCANNING)
        return self.dataset is not None and asked

    @property
    def filter_methods(self) -> tuple[Literal["classic", "fourier"], ...]:
        """The ways to find patterns of all chosen filters, in the order of the galleries."""
        if self.filter_method == "both":
            return ("classic", "fourier")
        return ("classic",) if self.filter_method == "mixed" else (self.filter_method,)

    @property
    def filters_of_each(self) -> int | None:
        """Filters of each layer to show: 0 where some layers' own are named, None for all."""
        counts = [value for value in self.filters if ":" not in value]
        if not counts:
            return 0
        return None if counts[0] == "all" else int(counts[0])

    @property
    def gallery_of_each_block(self) -> tuple[int, int, int] | None:
        """Filters, pixels and steps of the gallery of each block; None where there is none."""
        if self.block_gallery is None:
            return None
        filters, pixels, steps = (int(number) for number in self.block_gallery.split(":"))
        return filters, pixels, steps

    @property
    def named_filters(self) -> dict[str, tuple[int, ...]]:
        """Filters that are named one by one, in ascending order, by layer path, first or last."""
        chosen: dict[str, set[int]] = {}
        for value in self.filters:
            layer, colon, _ = value.rpartition(":")
            if colon:
                chosen.setdefault(layer, set()).update(numbers_of(value))
        return {layer: tuple(sorted(numbers)) for layer, numbers in chosen.items()}

    @property
    def contrast_levels(self) -> tuple[float, float]:
        """Mean and standard deviation of a tile's gray levels, in 0..255."""
        mean, deviation = self.contrast.split(":")
        return float(mean), float(deviation)

    @property
    def single_channels(self) -> dict[str, tuple[int, ...]]:
        """Channels to show large, by layer path."""
        chosen: dict[str, list[int]] = {}
        for value in self.channels:
            chosen.setdefault(value.rpartition(":")[0], []).extend(numbers_of(value))
        return {layer: tuple(dict.fromkeys(numbers)) for layer, numbers in chosen.items()}

    @property
    def single_units(self) -> list[tuple[str, int, int, int]]:
        """Layer path, row, column and channel of the units to show images for."""
        found = []
        for value in dict.fromkeys(self.unit):
            layer, _, numbers = value.rpartition(":")
            row, column, channel = (int(number) for number in numbers.split(","))
            found.append((layer, row, column, channel))
        return found

    @property
    def dreams(self) -> list[tuple[str, int | None]]:
        """Layer path and channel of each dream; None stands for the whole layer."""
        found: list[tuple[str, int | None]] = []
        for value in self.dream:
            match = re.fullmatch(r"(.+):(\d+)", value)
            found.append((match[1], int(match[2])) if match else (value, None))
        return list(dict.fromkeys(found))

    @property
    def input_files(self) -> dict[str, Path]:
        """Files with values for inputs that are not the image, by the input's name."""
        pairs = (value.partition("=") for value in self.input)
        return {name: Path(file) for name, _, file in pairs}

    @property
    def feeding(self) -> Feeding:
        """How a picture's file becomes the pixels that the network is fed."""
        return Feeding(self.resize, self.interpolation, self.alpha, self.exif, self.depth)

    @property
    def files_read(self) -> list[Path]:
        """Files that are read for another purpose than to be shown."""
        named = (self.labels, self.labels_csv, self.values_csv, self.notes)
        code = [Path(source) for source in self.custom_objects if source.endswith(".py")]
        return [*(file for file in named if file), *code, *self.input_files.values()]

    @property
    def for_report(self) -> dict[str, Any]:
        """The settings as report.json states them: no folder of the machine, nothing of the run."""
        values = self.model_dump(mode="json", by_alias=True, exclude=RUN_ONLY)
        for name in ALL_KEYS:
            values[name] = values[name] or "all"
        if len(self.filters) == 1:
            values["filters"] = (
                int(self.filters[0]) if self.filters[0].isdigit() else self.filters[0]
            )
        for name in (
            *("dataset", "notes", "labels", "labels_csv", "values_csv"),
            *("templates", "weights", "baseline", "history"),
        ):
            if values[name]:
                values[name] = printable(Path(values[name]).name)
        values["custom_objects"] = [printable(Path(source).name) for source in self.custom_objects]
        values["input"] = [
            f"{name}={printable(file.name)}" for name, file in self.input_files.items()
        ]
        return {key.replace("_", "-"): value for key, value in values.items()}

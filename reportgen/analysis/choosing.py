"""Which layers, filters and channels of a model the settings choose."""

import difflib
import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from reportgen.config import Settings
from reportgen.errors import SettingsError
from reportgen.evenly_spaced import spread
from reportgen.records.model import Layer
from reportgen.records.report import Skipped
from reportgen.wording import listed

ENDS = {"first": 0, "last": -1}
"""Names for the first and the last convolution, and where they stand among these."""


def chosen_layers(layers: Sequence[Layer], wanted: Sequence[str]) -> list[Layer]:
    """The layers that one of these chooses, all where there is none.

    Each is a glob for paths, or START:STOP for places in Keras's `model.layers` (a Python slice; a
    model inside counts as one, and all its layers are taken). Raises SettingsError for one that
    chooses nothing.
    """
    if not wanted:
        return list(layers)
    taken: set[str] = set()
    for choice in wanted:
        found = {layer.path for layer in layers if fnmatchcase(layer.path, choice)}
        if not found and re.fullmatch(r"-?\d*:-?\d*", choice):
            found = _between(layers, choice)
        elif not found:
            raise SettingsError(f"--layers {choice}: {no_such_layer(layers, choice)}")
        taken |= found
    return [layer for layer in layers if layer.path in taken]


def _between(layers: Sequence[Layer], wanted: str) -> set[str]:
    """The layers in a slice of `model.layers`."""
    count = 1 + max((layer.position for layer in layers if layer.position is not None), default=-1)
    start, stop = (int(end) if end else None for end in wanted.split(":"))
    places = range(count)[start:stop]
    found = {layer.path for layer in layers if layer.position in places}
    if not found:
        first, end, _ = slice(start, stop).indices(count)
        if end < first < count:
            raise SettingsError(f"--layers {wanted}: START has to come before STOP.")
        raise SettingsError(
            f"--layers {wanted}: no layer is there; Keras counts {count} layers of this model, "
            f"from 0 to {count - 1}, and STOP is not taken."
        )
    return found


def check_filters(layers: Sequence[Layer], chosen: Sequence[Layer], settings: Settings) -> None:
    """Raises SettingsError for a named filter that is not there, or is not among those chosen."""
    by_path = {layer.path: layer for layer in layers}
    for path, numbers in named_filters(layers, settings).items():
        if path not in by_path:
            raise SettingsError(f"--filters {path}: {no_such_layer(layers, path)}")
        if not by_path[path].convolution:
            raise SettingsError(
                f"--filters {path}: the layer is no convolution; it has no filters."
            )
        if all(layer.path != path for layer in chosen):
            raise SettingsError(
                f"--filters {path}: --layers leaves this layer out; add --layers {path}."
            )
        _check(f"--filters {path}", "filter", numbers, by_path[path].channels or 0)


def named_filters(layers: Sequence[Layer], settings: Settings) -> dict[str, list[int]]:
    """The filters that are named one by one, by layer path: first and last as in `layer_called`."""
    found: dict[str, list[int]] = {}
    for name, numbers in settings.named_filters.items():
        found.setdefault(layer_called(layers, name), []).extend(numbers)
    return found


def chosen_filters(
    layers: Sequence[Layer], settings: Settings, named: Mapping[str, Sequence[int]]
) -> dict[str, list[int]]:
    """The filters to show of these layers, by layer path; layers without any are left out.

    Those that are `named` one by one, by layer path, count beside the number that holds for every
    layer.
    """
    each = settings.filters_of_each
    found = {}
    for layer in layers:
        count = layer.channels or 0
        first = range(count if each is None else min(each, count))
        if filters := sorted({*first, *named.get(layer.path, ())}):
            found[layer.path] = filters
    return found


NO_CHANNELS: Mapping[str, Sequence[int]] = {}
"""The channels of each layer, by its path, where none are known."""

DECISIVE_CHANNELS = 16
"""Channels with the largest part in decisions that get patterns beside those asked for."""

TELLING_CHANNELS, TELLING_LAYERS = 4, 12
"""Channels of a layer, and layers of a model, that get a Fourier pattern in a mixed report."""


def telling_filters(
    layers: Sequence[Layer],
    settings: Settings,
    chosen: Mapping[str, Sequence[int]],
    responses: Mapping[str, Sequence[int]],
) -> dict[str, list[int]]:
    """The filters of a few layers that respond most to the images, by layer path.

    `chosen` are those that `chosen_filters` gives.

    The layers are the last ones of their blocks, evenly spread. At most as many filters are taken
    as of every layer; the first ones where no response is known. Of a layer whose filters are named
    one by one it is the named ones that are taken from.
    """
    last = {layer.block: layer for layer in layers if layer.path in chosen}
    found = {}
    for layer in spread(list(last.values()), TELLING_LAYERS):
        among = chosen[layer.path] if settings.filters_of_each == 0 else range(layer.channels or 0)
        known = [channel for channel in responses.get(layer.path, ()) if channel in among]
        most = min(TELLING_CHANNELS, len(chosen[layer.path]))
        found[layer.path] = sorted((known or list(among))[:most])
    return found


def layer_called(layers: Sequence[Layer], name: str) -> str:
    """The path that a name stands for: first and last are those of convolutions.

    A layer that is called so itself comes before.
    """
    found = [layer.path for layer in layers if layer.spatial and layer.convolution]
    if name in ENDS and found and all(layer.path != name for layer in layers):
        return found[ENDS[name]]
    return name


def single_channels(layers: Sequence[Layer], settings: Settings) -> dict[str, list[int]]:
    """The channels to show large, by layer path; raises SettingsError for one not there.

    Of first and last, which stand for layers of any number of channels, those that there are.
    """
    by_path = {layer.path: layer for layer in layers}
    found: dict[str, list[int]] = {}
    for name, numbers in settings.single_channels.items():
        path = layer_called(layers, name)
        if path not in by_path:
            raise SettingsError(f"--channels {path}: {no_such_layer(layers, path)}")
        if not by_path[path].spatial:
            raise SettingsError(f"--channels {path}: the layer has no maps to show.")
        count = by_path[path].channels or 0
        if path == name:
            _check(f"--channels {path}", "channel", numbers, count)
        if known := [number for number in numbers if number < count]:
            found[path] = list(dict.fromkeys([*found.get(path, ()), *known]))
    return found


def absent_channels(layers: Sequence[Layer], settings: Settings) -> list[Skipped]:
    """What first and last ask for beyond the channels of their layers."""
    by_path = {layer.path: layer for layer in layers}
    skipped = []
    for name, numbers in settings.single_channels.items():
        path = layer_called(layers, name)
        count = by_path[path].channels or 0 if path in by_path and path != name else None
        absent = [str(number) for number in numbers if count is not None and number >= count]
        if absent:
            reason = f"--channels {name}: {path} has {count} channels, counted from 0"
            skipped.append(Skipped(what="channel", name=f"{path}: {listed(absent)}", reason=reason))
    return skipped


def _check(option: str, what: str, numbers: Sequence[int], count: int) -> None:
    if max(numbers) >= count:
        raise SettingsError(
            f"{option}: there is no {what} {max(numbers)}; the layer has {count}, counted from 0 "
            f"to {count - 1}."
        )


def no_such_layer(layers: Sequence[Layer], wanted: str) -> str:
    """The sentence that says that no layer has this path, and which one comes near."""
    paths = [layer.path for layer in layers]
    same_name = [path for path in paths if path.rpartition("/")[2] == wanted]
    near = same_name or difflib.get_close_matches(wanted, paths, 1, 0.4)
    hint = f"; did you mean “{near[0]}”?" if near else ""
    return f"the model has no layer “{wanted}”{hint} (reportgen inspect lists them)."

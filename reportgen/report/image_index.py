"""What is known of all images from reading them once; they themselves stay in their file.

Images whose activation grids are alike share one layout: ten thousand take little more room than
one. Images and the grids of a layer are numbered in the order of the report.
"""

import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

from reportgen.records.image import Activations, Image
from reportgen.report.heatmaps import extra_cost
from reportgen.report.paging import grid_cost

_SINGLE = 8
"""About the elements that a channel drawn large takes on a page."""


@dataclass(frozen=True)
class Layout:
    """The activation grids that images have in common."""

    layers: tuple[str, ...]
    shown: tuple[int, ...]
    """How many channels each grid draws."""
    pixels: tuple[int, ...]
    """How many pixels each grid's picture has."""
    costs: tuple[int, ...]
    """About how many elements each takes on a page of its image, with what stands beside it."""

    @cached_property
    def places(self) -> dict[str, int]:
        """Where the grid of each layer stands among these."""
        return {path: at for at, path in enumerate(self.layers)}


@dataclass
class Span:
    """The lowest and the highest of the finite values seen; None where there is none."""

    low: float | None = None
    high: float | None = None

    def include(self, low: float | None, high: float | None) -> None:
        """Take one more range in."""
        self.low = min((bound for bound in (self.low, low) if bound is not None), default=None)
        self.high = max((bound for bound in (self.high, high) if bound is not None), default=None)


class LayerTotals:
    """What the grids of a layer say together; `first` is the grid of the first image."""

    def __init__(self, first: Activations) -> None:
        self.channels, self.map_size = first.channels, first.map_size
        self.images, self._zeros = 0, 0.0
        self.span = Span()
        self._inactive = set(first.inactive)

    def add(self, grid: Activations) -> None:
        """Count one image."""
        self.images += 1
        self._zeros += grid.sparsity
        self.span.include(grid.low, grid.high)
        self._inactive.intersection_update(grid.inactive)

    @property
    def sparsity(self) -> float:
        """Share of exact zeros among all values, 0..1."""
        return self._zeros / self.images

    @property
    def inactive(self) -> list[int]:
        """Channels that are inactive on every image, in ascending order."""
        return sorted(self._inactive)


class ImageIndex(Mapping[str, Image]):
    """The images by name, and what grids they have."""

    def __init__(self, images: Sequence[Image]) -> None:
        self._images = images
        self._numbers: dict[str, int] = {}
        layouts: dict[Layout, int] = {}
        self._layout_of = array("L")
        self.totals: dict[str, LayerTotals] = {}
        """By layer, in the order of the first image that has a grid of it."""
        for number, image in enumerate(images):
            self._numbers[image.name] = number
            for grid in image.activations:
                self.totals.setdefault(grid.layer, LayerTotals(grid)).add(grid)
            self._layout_of.append(layouts.setdefault(_layout(image), len(layouts)))
        self.layouts = tuple(layouts)

    def __getitem__(self, name: str) -> Image:
        return self._images[self._numbers[name]]

    def __contains__(self, name: object) -> bool:
        return name in self._numbers

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def layout(self, name: str) -> int:
        """Which of the `layouts` the grids of an image have."""
        return self._layout_of[self._numbers[name]]

    def number(self, name: str) -> int:
        """The place of an image among all."""
        return self._numbers[name]

    def inactive(self, path: str) -> frozenset[int]:
        """The channels of a layer that have one value everywhere on every image."""
        return frozenset(self.totals[path].inactive if path in self.totals else ())

    def grids(self) -> "dict[str, LayerGrids]":
        """The grids of each layer over all images that have one."""
        found: dict[str, LayerGrids] = {}
        for path in self.totals:
            places = [grid_layout.places.get(path, -1) for grid_layout in self.layouts]
            found[path] = LayerGrids(self._images, self.layouts, self._layout_of, places)
        return found


class LayerGrids(Sequence[tuple[Image, Activations]]):
    """The activation grids of one layer with their images, read when they are asked for."""

    def __init__(
        self,
        images: Sequence[Image],
        layouts: Sequence[Layout],
        layout_of: Sequence[int],
        places: Sequence[int],
    ) -> None:
        """`places` has the layer's place among the grids of each layout, -1 where it has none."""
        self._images, self._layouts, self._layout_of = images, layouts, layout_of
        self._places = places
        self.numbers: Sequence[int] = range(len(images))
        """Which of all images have a grid of the layer."""
        if -1 in places:
            with_one = (number for number, kind in enumerate(layout_of) if places[kind] >= 0)
            self.numbers = array("L", with_one)

    def _layout_and_place(self, at: int) -> tuple[Layout, int]:
        kind = self._layout_of[self.numbers[at]]
        return self._layouts[kind], self._places[kind]

    @property
    def most_shown(self) -> int:
        """The largest number of channels that any of the grids draws."""
        return max(layout.shown[place] for layout, place in self._kinds())

    @property
    def most_pixels(self) -> int:
        """The pixels of the largest of the pictures."""
        return max(layout.pixels[place] for layout, place in self._kinds())

    def _kinds(self) -> Iterator[tuple[Layout, int]]:
        for layout, place in zip(self._layouts, self._places, strict=True):
            if place >= 0:
                yield layout, place

    @overload
    def __getitem__(self, index: int) -> tuple[Image, Activations]: ...

    @overload
    def __getitem__(self, index: slice) -> list[tuple[Image, Activations]]: ...

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self[at] for at in range(len(self))[index]]
        at = range(len(self))[index]
        image = self._images[self.numbers[at]]
        return image, image.activations[self._layout_and_place(at)[1]]

    def __len__(self) -> int:
        return len(self.numbers)


def _layout(image: Image) -> Layout:
    grids = image.activations
    costs = [grid_cost(grid.shown, grid.columns) + _SINGLE * len(grid.singles) for grid in grids]
    costs[:1] = [cost + extra_cost(image) for cost in costs[:1]]
    return Layout(
        tuple(sys.intern(grid.layer) for grid in grids),
        tuple(grid.shown for grid in grids),
        tuple(grid.width * grid.height for grid in grids),
        tuple(costs),
    )

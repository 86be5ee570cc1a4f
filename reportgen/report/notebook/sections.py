"""What of the report's further sections the notebook computes again, each bounded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reportgen.evenly_spaced import spread
from reportgen.records.image import Image
from reportgen.records.model import Layer
from reportgen.records.over_images import ExemplarsOf
from reportgen.records.report import Report
from reportgen.report.notebook.layers import is_channels_first, is_reachable, takes_floats

MOST_EVALUATED = 24
MOST_PIXELS = 16_000_000
"""Of all photos that come along for the evaluation alone: they are copied whole."""

MOST_LAYERS = 12
LEAST_MAPPED = 3
_UNDECIDED = 1e-3
"""Of two classes so close, either may come out likelier elsewhere."""


@dataclass(frozen=True)
class ShownEvaluation:
    """Photos whose class is known: `true` by their folder, `reported` as the report found it.

    `accuracy` is the report's where these are all its photos, else None. `plain` says that the
    predicted class can be read from what the model predicts, without its class scores.
    """

    photos: list[Image]
    true: list[int]
    reported: list[int]
    labels: dict[int, str]
    accuracy: float | None
    total: int
    plain: bool


@dataclass(frozen=True)
class ShownHealth:
    """Layers by path, and the share of zeros that comes out; None where the report has none."""

    paths: list[str]
    zeros: list[float | None]


@dataclass(frozen=True)
class ShownExemplars:
    """A channel of a layer; `reported` are photos (by their place in the notebook) and values."""

    path: str
    channel: int
    channels_first: bool
    reported: list[tuple[int, float]]
    start: list[float]
    jump: list[float]


@dataclass(frozen=True)
class ShownKernel:
    """The first convolution, and the smallest and largest norm of its filters."""

    path: str
    filters: int
    inputs: int
    norms: tuple[float, float] | None
    colours: list[list[float | None]] | None
    """As of `reportgen.records.filters.Kernel`."""


@dataclass(frozen=True)
class ShownDream:
    """A layer, or a channel of it, that a photo (by its place in the notebook) is to excite."""

    path: str
    channel: int | None
    channels_first: bool
    photo: int


@dataclass(frozen=True)
class ShownMap:
    """The layer of the features, whether these are maps, and how these stand.

    `variance` is the share along the first component; None where the notebook has fewer photos, or
    the map has other axes.
    """

    path: str
    spatial: bool
    channels_first: bool
    variance: float | None


@dataclass(frozen=True)
class ShownDecision:
    """The score of a class for one photo, and what the channels of a layer contribute.

    `photo` is its place in the notebook, `name` its name; `reported` are channels with their
    contributions. `exact` and `total` are as of `reportgen.records.decisions`.
    """

    path: str
    channels_first: bool
    exact: bool
    photo: int
    name: str
    index: int
    label: str
    score: float
    total: float
    reported: list[tuple[int, float]]
    start: list[float]
    jump: list[float]


@dataclass(frozen=True)
class Sections:
    """What the notebook has of each section; None for what the report does not have."""

    evaluation: ShownEvaluation | None
    health: ShownHealth | None
    exemplars: ShownExemplars | None
    kernel: ShownKernel | None
    dream: ShownDream | None
    map: ShownMap | None
    decision: ShownDecision | None

    @property
    def paths(self) -> list[str]:
        """Paths of all layers that the notebook looks for."""
        shown = (self.exemplars, self.kernel, self.dream, self.map, self.decision)
        found = [section.path for section in shown if section]
        return [*found, *(self.health.paths if self.health else [])]


def choose_sections(report: Report, photos: Sequence[Image], *, explains: bool) -> Sections:
    """Choose a part of each section; `explains` says that the notebook has class scores."""
    reachable = {layer.path: layer for layer in report.model.layers if is_reachable(layer)}
    has = set(report.sections)
    return Sections(
        _evaluation(report, photos, explains=explains) if "evaluation" in has else None,
        _health(report, photos, reachable) if "health" in has else None,
        _exemplars(report, photos, reachable) if "exemplars" in has else None,
        _kernel(report, reachable) if "kernels" in has else None,
        _dream(report, photos, reachable) if "dreams" in has else None,
        _map(report, photos, reachable) if "map" in has else None,
        _decision(report, photos, reachable) if "decisions" in has and explains else None,
    )


def _evaluation(
    report: Report, photos: Sequence[Image], *, explains: bool
) -> ShownEvaluation | None:
    found, head = report.evaluation, report.model.head
    plain = len(report.model.outputs) == 1 and _is_vector(report)
    if found is None or head is None or not (plain or explains):
        return None
    counted = [
        image for image in report.images if image.group in found.folders and image.predictions
    ]
    known = [image for image in counted if _is_decided(image)]
    shown = list(_within(known, photos))
    if not shown:
        return None
    true = [found.folders[str(image.group)] for image in shown]
    reported = [image.predictions[0].index for image in shown]
    return ShownEvaluation(
        photos=shown,
        true=true,
        reported=reported,
        labels={index: report.model.labels[index] for index in sorted({*true, *reported})},
        accuracy=found.accuracy if len(shown) == found.images else None,
        total=found.images,
        plain=plain,
    )


def _is_vector(report: Report) -> bool:
    return len(report.model.outputs[0].shape) == 2


def _is_decided(image: Image) -> bool:
    shares = [prediction.probability or 0.0 for prediction in image.predictions[:2]]
    return len(shares) == 2 and shares[0] - shares[1] > _UNDECIDED


def _within(known: Sequence[Image], photos: Sequence[Image]) -> Iterator[Image]:
    """Photos that come along anyhow, and others as far as they are not too large together."""
    here = {image.name for image in photos}
    room = MOST_PIXELS
    wanted = {image.name for image in spread(known, MOST_EVALUATED)}
    for image in known:
        if image.name in here:
            yield image
        elif image.name in wanted and image.width * image.height <= room:
            room -= image.width * image.height
            yield image


def _health(
    report: Report, photos: Sequence[Image], reachable: dict[str, Layer]
) -> ShownHealth | None:
    layers = report.health.layers if report.health else []
    paths = [layer.layer for layer in layers if layer.layer in reachable]
    if not paths:
        return None
    shares = [{grid.layer: grid.sparsity for grid in image.activations} for image in photos]
    paths = spread(paths, MOST_LAYERS)
    zeros = [
        sum(row[path] for row in shares) / len(shares) if all(path in row for row in shares)
        else None
        for path in paths
    ]  # fmt: skip
    return ShownHealth(paths, zeros)


def _exemplars(
    report: Report, photos: Sequence[Image], reachable: dict[str, Layer]
) -> ShownExemplars | None:
    places = {image.name: at for at, image in enumerate(photos)}

    def here(strip: ExemplarsOf) -> list[tuple[int, float]]:
        """Each photo once, with its strongest place."""
        return [
            (places[it.image], it.value)
            for it in strip.exemplars
            if it.image in places and it.value is not None
        ]

    channels = report.exemplars.channels if report.exemplars else []
    found = [strip for strip in channels if strip.layer in reachable and strip.exemplars]
    if not found:
        return None
    best = max(found, key=lambda strip: len(here(strip)))
    cells = reachable[best.layer].cells
    if cells is None:
        return None
    return ShownExemplars(
        best.layer,
        best.channel,
        is_channels_first(reachable[best.layer]),
        here(best),
        cells.start,
        cells.jump,
    )


def _map(report: Report, photos: Sequence[Image], reachable: dict[str, Layer]) -> ShownMap | None:
    found = report.image_map
    if found is None or found.layer not in reachable or len(photos) < LEAST_MAPPED:
        return None
    layer = reachable[found.layer]
    same = {point.image for point in found.points} == {image.name for image in photos}
    share = found.variance[0] if same and found.variance else None
    return ShownMap(layer.path, layer.map_size is not None, is_channels_first(layer), share)


def _kernel(report: Report, reachable: dict[str, Layer]) -> ShownKernel | None:
    for record in report.kernels:
        if record.layer in reachable and reachable[record.layer].type == "Conv2D":
            norms = [norm for norm in record.norms if norm is not None]
            whole = len(norms) == len(record.norms) > 0
            ends = (min(norms), max(norms)) if whole else None
            return ShownKernel(record.layer, record.filters, record.inputs, ends, record.colours)
    return None


def _dream(
    report: Report, photos: Sequence[Image], reachable: dict[str, Layer]
) -> ShownDream | None:
    places = {image.name: at for at, image in enumerate(photos)}
    found = [record for record in report.dreams if record.layer in reachable]
    if not found or not takes_floats(report):
        return None
    dreamed = next((it for it in found if it.image in places and it.status == "ok"), found[0])
    first = is_channels_first(reachable[dreamed.layer])
    return ShownDream(dreamed.layer, dreamed.channel, first, places.get(dreamed.image, 0))


def _decision(
    report: Report, photos: Sequence[Image], reachable: dict[str, Layer]
) -> ShownDecision | None:
    """The first decision on a photo of the notebook that a channel takes part in.

    The layer of the class scores itself has none: the notebook computes it without its activation.
    """
    found, head = report.decisions, report.model.head
    if found is None or head is None or found.layer == head.layer:
        return None
    layer = reachable.get(found.layer)
    if layer is None or layer.cells is None:
        return None
    places = {photo.name: at for at, photo in enumerate(photos)}
    for decision in found.decisions:
        named = [*decision.strongest, *decision.opposing]
        if decision.image not in places or decision.score is None or not named:
            continue
        return ShownDecision(
            path=layer.path,
            channels_first=is_channels_first(layer),
            exact=found.exact,
            photo=places[decision.image],
            name=decision.image,
            index=decision.index,
            label=decision.label,
            score=decision.score,
            total=decision.total,
            reported=[(share.channel, share.contribution) for share in named],
            start=layer.cells.start,
            jump=layer.cells.jump,
        )
    return None

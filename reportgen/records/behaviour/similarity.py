"""How similar the layers of one model are to each other."""

from pydantic import Field

from reportgen.records.base import Record


class LayerSimilarity(Record):
    """Linear CKA of the model's layers with each other, from the means of their channels."""

    dataset: str = ""
    """Name of the data set that was scanned; empty for the images of the report."""
    images: int
    """Images that it is measured on."""
    sampled: bool
    """Whether they are a sample of the images."""
    layers: list[str]
    """Paths, in order of depth; the last of those that pass on the channels of one convolution."""
    cka: list[list[float | None]]
    """Of each layer with each; None where one of them is the same for all images."""
    threshold: float
    """CKA from which on layers count as near-duplicates."""
    repeats: list[list[str]] = Field(default_factory=list)
    """Groups of consecutive layers that are all near-duplicates of each other."""
    cautions: list[str] = Field(default_factory=list)
    chart: str | None = None

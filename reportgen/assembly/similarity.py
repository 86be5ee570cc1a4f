"""From the means of channels to the record of similar layers, with its chart."""

from pathlib import Path

from reportgen.analysis.feature_maps.layer_similarity import LEAST_IMAGES, LayerMeans
from reportgen.pictures.charts.plain import matrix
from reportgen.records.behaviour.similarity import LayerSimilarity

CHART = "pictures/similarity.svg"
WHY_NONE = f"it needs the section activations and {LEAST_IMAGES} images"


def assemble_similarity(means: LayerMeans, images: int, folder: Path) -> LayerSimilarity | None:
    """The record, its chart drawn below `folder`; None where too little is known.

    `images` are all that there are, of which `means` may have a sample.
    """
    found = means.similarity(images)
    if found is None:
        return None
    title = "CKA of the layers with each other"
    (folder / CHART).parent.mkdir(parents=True, exist_ok=True)
    (folder / CHART).write_bytes(matrix(found.cka, found.layers, found.layers, title))
    return found.model_copy(update={"chart": CHART})

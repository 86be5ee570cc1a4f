"""Options of analyses for tests; `dataclasses.replace` changes what a test is about."""

from reportgen.analysis.ascent.dreams import DreamOptions
from reportgen.analysis.ascent.filters import FilterOptions
from reportgen.analysis.cams.depth import DepthOptions
from reportgen.analysis.cams.difference import DifferenceOptions
from reportgen.analysis.cams.gradcam import GradCamOptions
from reportgen.analysis.feature_maps.activations import ActivationOptions
from reportgen.analysis.heatmap_trust.trust import TrustOptions
from reportgen.analysis.options import Feed, Opening, UnsettledOptions
from reportgen.analysis.preprocessing.trial import TrialOptions
from reportgen.analysis.top_images.scan_pass import ScanOptions
from reportgen.analysis.weights.kernels import KernelOptions
from reportgen.feeding import Feeding

OPENING = Opening(
    application=None,
    kind="keras",
    name="small.keras",
    top=True,
    input_size=None,
    seed=0,
    device="auto",
    custom_objects=[],
    replace_layer=(),
    weights_by_name=False,
    other_inputs={},
    output=None,
    head=(),
    engine="tensorflow",
    batch_size=None,
    versions={"tensorflow": "2.20.0", "keras": "3.12.0"},
)
FEED = Feed(OPENING, None, "unit", Feeding())

ACTIVATIONS = ActivationOptions(
    feed=FEED,
    layers=(),
    columns=16,
    max_channels=None,
    tile_size=96,
    contrast=(128.0, 64.0),
    normalise="channel",
    channels={},
    features="",
)
GRADCAM = GradCamOptions(
    feed=FEED,
    layer="conv",
    cams=["gradcam"],
    targets=None,
    top=2,
    colormap="jet",
    full_size=False,
)
DEPTH = DepthOptions(feed=FEED, layers=(), target=None, colormap="jet")
DIFFERENCE = DifferenceOptions(feed=FEED, layer="conv", pairs=())
TRUST = TrustOptions(feed=FEED, layer="conv", cams=["gradcam", "eigencam"], target=None, seed=0)
FILTER = FilterOptions(
    feed=FEED, layer="conv", channel=0, method="classic", steps=4, size=24, seed=0
)
DREAM = DreamOptions(feed=FEED, layer="conv", channel=None, steps=12, seed=0)
SCAN = ScanOptions(feed=FEED, k=3, layers=["a"])
KERNEL = KernelOptions(feed=FEED, layer="conv", columns=16)
UNSETTLED = UnsettledOptions(opening=OPENING, feeding=Feeding())
TRIAL = TrialOptions(opening=OPENING, feeding=Feeding(), classes=())

"""The pure computation of VGG16's report: what no way of writing it could leave out.

One forward pass for each image with all outputs, and for each layer its ascents in the same
batches and steps. A program of its own; it writes the seconds beside the photos.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))


def main() -> None:
    """Measure and write `pure.txt`."""
    from reportgen.analysis.engine import start

    start("tensorflow", "auto", 0)
    import tensorflow as tf

    from reportgen.analysis.ascent.classic_patterns import Classic
    from reportgen.analysis.ascent.pattern_search import Wish, patterns
    from tests.benchmarks.models import bench_over, vgg16

    files = [Path(name) for name in sys.argv[1:]]
    bench = bench_over(vgg16(224), files, "caffe")
    network = bench.network
    layers = [layer.path for layer in network.layers if layer.spatial]

    @tf.function(autograph=False)
    def forward(values: tf.Tensor) -> list[tf.Tensor]:
        return network.run(values, layers)[0]

    values = [tf.constant(bench.prepare(bench.pixels(file.stem)[None])) for file in files]
    forward(values[0])
    start = time.perf_counter()
    for one in values:
        forward(one)
    spent = time.perf_counter() - start
    for layer in network.layers:
        if layer.convolution:
            begin = time.perf_counter()
            list(patterns(bench, Classic(), Wish(layer.path, 40, 64, 0), range(16)))
            spent += time.perf_counter() - begin
    (files[0].parent / "pure.txt").write_text(f"{spent:.3f}\n")


main()

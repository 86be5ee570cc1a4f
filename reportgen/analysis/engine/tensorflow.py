"""TensorFlow as an engine: graphs, gradient tapes, and batches divided among GPUs."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from reportgen.analysis.engine.protocol import Compute, Watch
from reportgen.errors import DeviceError
from reportgen.hardware.device import Device, cpu, named
from reportgen.hardware.gpus import shared_among


class TensorFlow:
    """See `Engine`."""

    name = "tensorflow"

    def __init__(self) -> None:
        self.undetermined = False

    def start(self, wanted: str, seed: int) -> Device:
        """As `Engine.start`."""
        gpus = tf.config.list_physical_devices("GPU") if wanted != "cpu" else []
        if wanted == "gpu" and not gpus:
            raise DeviceError(
                "No GPU can be used by TensorFlow here; install the GPU build with "
                "pip install '.[gpu]' (which is tensorflow[and-cuda]), or use --device cpu. "
                "“reportgen doctor” says what is missing."
            )
        taken, free, note = shared_among(len(gpus)) if gpus else ([], 0, "")
        with contextlib.suppress(RuntimeError):  # TensorFlow is already running, in tests
            tf.config.set_visible_devices([gpus[at] for at in taken], "GPU")
            for at in taken:
                tf.config.experimental.set_memory_growth(gpus[at], True)
        keras.utils.set_random_seed(seed)
        tf.config.experimental.enable_op_determinism()
        tf.config.experimental.enable_tensor_float_32_execution(False)
        tf.zeros(1)  # the first operation prints what the processor can do
        if not gpus:
            return cpu()
        details = [tf.config.experimental.get_device_details(gpus[at]) for at in taken]
        names = [str(detail.get("device_name", "GPU")) for detail in details]
        places = tuple(f"/GPU:{at}" for at in range(len(taken)))
        return Device("gpu", named(names), free, places, note)

    def compiled(
        self,
        compute: Compute,
        variables: Sequence[Any],  # noqa: ARG002 - a graph reads them when it runs
        places: Sequence[str] = (),
    ) -> Compute:
        """As `Engine.compiled`: one graph for each size of batch, the second one for any size.

        The weights stay where they are: what the other devices need of them is copied in every
        pass. A batch smaller than the number of devices is computed on one, or filled up.
        """
        spread = spread_over(places, compute)

        def traced() -> Compute:
            graph: Compute = tf.function(spread, reduce_retracing=True, autograph=False)
            return graph

        graph, determined = traced(), True

        def call(*batches: Any, **shared: Any) -> Any:
            nonlocal graph, determined
            tensors = [tf.constant(batch) for batch in batches]
            more = {name: tf.constant(value) for name, value in shared.items()}
            if determined:
                try:
                    return _arrays(graph(*tensors, **more))
                except tf.errors.UnimplementedError as error:
                    if "determinis" not in str(error).lower():
                        raise
                    graph, determined = traced(), False
            self.undetermined = True
            with _undetermined():
                return _arrays(graph(*tensors, **more))

        return call

    def traced_once(self, compute: Compute, ranks: Sequence[tuple[int, str]]) -> Compute:
        """As `Engine.traced_once`; not inlined, it is optimised once too."""
        graph: Compute = tf.function(
            compute,
            input_signature=[tf.TensorSpec([None] * rank, kind) for rank, kind in ranks],
            autograph=False,
            experimental_attributes={"_noinline": True},
        )
        return graph

    def gradient(self, compute: Callable[[Any], tuple[Any, Any]], at: Any) -> tuple[Any, Any]:
        """As `Engine.gradient`."""
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(at)
            target, more = compute(at)
        return tape.gradient(target, at, unconnected_gradients="zero"), more

    def layer_gradients(
        self, compute: Callable[[Watch], tuple[Sequence[Any], Any]], layers: Sequence[str]
    ) -> tuple[list[Any], list[list[Any]], Any]:
        """As `Engine.layer_gradients`."""
        found: dict[str, Any] = {}

        def watch(path: str, output: Any) -> Any:
            if path in layers:
                tape.watch(output)
                found[path] = output
            return output

        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            targets, more = compute(watch)
        watched = [found[path] for path in layers]
        slopes = [
            tape.gradient(target, watched, unconnected_gradients="zero") for target in targets
        ]
        return watched, slopes, more

    def passes_gradients(self, compute: Callable[[Any], Any], at: Any) -> bool:
        """As `Engine.passes_gradients`."""
        values = tf.constant(at)
        try:
            with tf.GradientTape() as tape:
                tape.watch(values)
                found = compute(values)
            return tape.gradient(found, values) is not None
        except (TypeError, ValueError, AttributeError, NotImplementedError):
            return False

    def loop(
        self, goes_on: Callable[..., Any], body: Callable[..., Any], state: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        """As `Engine.loop`; one round after the other, so that memory does not grow."""
        return tuple(tf.while_loop(goes_on, body, state, parallel_iterations=1))

    def waves(self, real: Any, imaginary: Any, height: int, width: int) -> Any:
        """As `Engine.waves`."""
        spectrum = tf.transpose(tf.complex(real, imaginary), [0, 3, 1, 2])
        return tf.transpose(tf.signal.irfft2d(spectrum, [height, width]), [0, 2, 3, 1])

    def transformed(self, images: Any, transform: Any, height: int, width: int) -> Any:
        """As `Engine.transformed`."""
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=images,
            transforms=tf.concat([transform, tf.zeros([2])], 0)[None],
            output_shape=[height, width],
            fill_value=0.0,
            interpolation="BILINEAR",
            # The gradient takes the way back with the same filling: nothing comes in from outside.
            fill_mode="CONSTANT",
        )

    def out_of_memory(self, error: Exception) -> bool:
        """As `Engine.out_of_memory`: a kernel or a compiled program says so."""
        if isinstance(error, tf.errors.ResourceExhaustedError):
            return True
        return "out of memory" in str(error).lower()


def spread_over(devices: Sequence[str], compute: Compute) -> Compute:
    """`compute` with its batch divided among devices; with less than two, `compute` itself."""
    if len(devices) < 2:
        return compute

    def spread(*batches: Any, **shared: Any) -> Any:
        known = batches[0].shape[0]
        if known is not None and known < len(devices):
            return compute(*batches, **shared)
        count = tf.shape(batches[0])[0]
        filled = count
        if known is None:
            # No device may be left without an image: the last one is repeated.
            filled = tf.maximum(count, len(devices))
            order = tf.minimum(tf.range(filled), count - 1)
            batches = tuple(tf.gather(batch, order) for batch in batches)
        shares = [(filled + at) // len(devices) for at in range(len(devices))]
        pieces = [tf.split(batch, shares, num=len(devices)) for batch in batches]
        found = []
        for at, device in enumerate(devices):
            with tf.device(device):
                found.append(compute(*(piece[at] for piece in pieces), **shared))
        return tf.nest.map_structure(lambda *parts: _joined(parts, count), *found)

    return spread


def _joined(parts: Sequence[Any], count: Any) -> Any:
    return None if parts[0] is None else tf.concat(parts, 0)[:count]


def _arrays(found: Any) -> Any:
    return tf.nest.map_structure(
        lambda tensor: None if tensor is None else np.asarray(tensor), found
    )


class _undetermined:  # noqa: N801 - used as a context manager
    """While the block runs, operations need not be deterministic."""

    def __enter__(self) -> None:
        from tensorflow.python.framework.config import disable_op_determinism

        disable_op_determinism()

    def __exit__(self, *_: object) -> None:
        tf.config.experimental.enable_op_determinism()

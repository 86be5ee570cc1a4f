"""JAX as an engine: compiled functions of the weights, and batches divided among GPUs."""

import functools
import os
import random
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from keras.src.backend.common.global_state import set_global_attribute
from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR
from keras.src.utils.rng_utils import GLOBAL_RANDOM_SEED

from reportgen.analysis.engine.protocol import Compute, Watch
from reportgen.errors import DeviceError
from reportgen.hardware.device import Device, cpu, named
from reportgen.hardware.gpus import shared_among

DETERMINED = {"xla_gpu_deterministic_ops": True}
"""What the compiler is told: the same numbers each time, or an error. A CPU does so anyway."""


class Jax:
    """See `Engine`."""

    name = "jax"

    def __init__(self) -> None:
        self.undetermined = False

    def start(self, wanted: str, seed: int) -> Device:
        """As `Engine.start`; memory is taken as it is needed, not most of it at once."""
        # As keras.utils.set_random_seed, which would import TensorFlow where it is installed.
        random.seed(seed)
        np.random.seed(seed)
        set_global_attribute(GLOBAL_RANDOM_SEED, seed)
        set_global_attribute(GLOBAL_SEED_GENERATOR, None)
        os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
        jax.config.update("jax_default_matmul_precision", "highest")
        if wanted == "cpu":
            return _on_cpu()
        gpus = [device for device in jax.devices() if device.platform != "cpu"]
        if not gpus:
            if wanted == "gpu":
                raise DeviceError(
                    "No GPU can be used by JAX here; install its GPU build with "
                    "pip install 'keras-reportgen[jax-cuda]', or use --device cpu. “reportgen "
                    "doctor” says what is missing."
                )
            return cpu()
        taken, free, note = shared_among(len(gpus))
        if taken[0] != 0:  # what is not divided among devices is computed on the first
            jax.config.update("jax_default_device", gpus[taken[0]])
        names = [str(gpus[at].device_kind) for at in taken]
        places = tuple(f"{gpus[at].platform}:{at}" for at in taken)
        return Device("gpu", named(names), free, places, note)

    def compiled(
        self, compute: Compute, variables: Sequence[Any], places: Sequence[str] = ()
    ) -> Compute:
        """As `Engine.compiled`: the weights are arguments, not constants of the program."""
        weights = list({id(variable): variable for variable in variables}.values())

        def pure(values: Sequence[Any], batches: Sequence[Any], shared: Any) -> Any:
            known = list(zip(weights, values, strict=True))
            with keras.StatelessScope(state_mapping=known):
                return compute(*batches, **shared)

        spread = _spread_over(places, pure)
        options = DETERMINED if jax.default_backend() != "cpu" else {}
        program: Compute = jax.jit(spread, compiler_options=options)
        determined = True

        def call(*batches: Any, **shared: Any) -> Any:
            nonlocal program, determined
            count = len(batches[0])
            filled = _filled(batches, max(1, len(places)))
            values = [weight.value for weight in weights]
            if determined:
                try:
                    return _arrays(program(values, filled, shared), count)
                except jax.errors.JaxRuntimeError as error:
                    if not _is_undetermined(error):
                        raise
                    program, determined = jax.jit(spread), False
            self.undetermined = True
            return _arrays(program(values, filled, shared), count)

        return call

    def traced_once(
        self,
        compute: Compute,
        ranks: Sequence[tuple[int, str]],  # noqa: ARG002 - a program is for one size
    ) -> Compute:
        """As `Engine.traced_once`: `compute` itself, since programs are compiled as a whole."""
        return compute

    def gradient(self, compute: Callable[[Any], tuple[Any, Any]], at: Any) -> tuple[Any, Any]:
        """As `Engine.gradient`."""
        target, pull, more = jax.vjp(compute, at, has_aux=True)
        (slope,) = pull(jnp.ones_like(target))
        return slope, more

    def layer_gradients(
        self, compute: Callable[[Watch], tuple[Sequence[Any], Any]], layers: Sequence[str]
    ) -> tuple[list[Any], list[list[Any]], Any]:
        """As `Engine.layer_gradients`: with respect to zeros that are added to the outputs."""
        kinds: dict[str, Any] = {}

        def note(path: str, output: Any) -> Any:
            if path in layers:
                kinds[path] = jax.typeof(output)
            return output

        jax.eval_shape(lambda: _nothing(compute(note)))

        def shifted(added: Sequence[Any]) -> tuple[Sequence[Any], Any]:
            by_path, found = dict(zip(layers, added, strict=True)), {}

            def watch(path: str, output: Any) -> Any:
                if path not in by_path:
                    return output
                found[path] = output + by_path[path]
                return found[path]

            targets, more = compute(watch)
            return list(targets), ([found[path] for path in layers], more)

        zeros = [jnp.zeros(kinds[path].shape, kinds[path].dtype) for path in layers]
        targets, pull, (watched, more) = jax.vjp(shifted, zeros, has_aux=True)
        slopes = []
        for at in range(len(targets)):
            (slope,) = pull(
                [jnp.full_like(target, float(k == at)) for k, target in enumerate(targets)]
            )
            slopes.append(slope)
        return watched, slopes, more

    def passes_gradients(self, compute: Callable[[Any], Any], at: Any) -> bool:
        """As `Engine.passes_gradients`: a function for NumPy arrays cannot be traced."""
        try:
            jax.eval_shape(jax.grad(lambda values: jnp.sum(compute(values))), jnp.asarray(at))
        except (TypeError, ValueError, AttributeError, NotImplementedError):
            return False
        return True

    def loop(
        self, goes_on: Callable[..., Any], body: Callable[..., Any], state: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        """As `Engine.loop`."""
        ended: tuple[Any, ...] = jax.lax.while_loop(
            lambda parts: goes_on(*parts), lambda parts: tuple(body(*parts)), state
        )
        return ended

    def waves(self, real: Any, imaginary: Any, height: int, width: int) -> Any:
        """As `Engine.waves`."""
        return jnp.fft.irfft2(jax.lax.complex(real, imaginary), (height, width), axes=(1, 2))

    def transformed(self, images: Any, transform: Any, height: int, width: int) -> Any:
        """As `Engine.transformed`."""
        return _seen(images, transform, (height, width))

    def out_of_memory(self, error: Exception) -> bool:
        """As `Engine.out_of_memory`."""
        said = str(error).lower()
        return "resource_exhausted" in said or "out of memory" in said


def _on_cpu() -> Device:
    """The processor, also in a session whose JAX already has its GPUs: they stay unused."""
    jax.config.update("jax_platforms", "cpu")
    if any(device.platform != "cpu" for device in jax.devices()):
        jax.config.update("jax_default_device", jax.devices("cpu")[0])
    return cpu()


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def _seen(images: Any, transform: Any, size: tuple[int, int]) -> Any:
    """Images (N, H, W, C) seen through an affine transform, (N, *size, C).

    The gradient is seen through the inverse transform, as TensorFlow does it: nothing is scattered.
    """
    y, x = jnp.meshgrid(
        jnp.arange(size[0], dtype=jnp.float32), jnp.arange(size[1], dtype=jnp.float32),
        indexing="ij",
    )  # fmt: skip
    a, b, c, d, e, f = (transform[at] for at in range(6))
    row, column = d * x + e * y + f, a * x + b * y + c
    top, left = jnp.floor(row), jnp.floor(column)
    found = jnp.zeros((images.shape[0], *size, images.shape[3]), images.dtype)
    for down in (0, 1):
        for across in (0, 1):
            at_row, at_column = top + down, left + across
            share = (1 - jnp.abs(row - at_row)) * (1 - jnp.abs(column - at_column))
            inside = (at_row >= 0) & (at_row < images.shape[1])
            inside &= (at_column >= 0) & (at_column < images.shape[2])
            rows = jnp.clip(at_row, 0, images.shape[1] - 1).astype(jnp.int32)
            columns = jnp.clip(at_column, 0, images.shape[2] - 1).astype(jnp.int32)
            found += jnp.where(inside, share, 0.0)[..., None] * images[:, rows, columns]
    return found


def _seen_forward(images: Any, transform: Any, size: tuple[int, int]) -> Any:
    return _seen(images, transform, size), (transform, images.shape[1:3])


def _seen_back(size: tuple[int, int], kept: Any, slope: Any) -> Any:  # noqa: ARG001
    transform, shape = kept
    a, b, c, d, e, f = (transform[at] for at in range(6))
    factor = 1 / (a * e - b * d)
    inverse = [e, -b, b * f - c * e, -d, a, c * d - a * f]
    back = _seen(slope, jnp.stack(inverse) * factor, shape)
    return back, jnp.zeros_like(transform)


_seen.defvjp(_seen_forward, _seen_back)


def _spread_over(places: Sequence[str], compute: Compute) -> Compute:
    """`compute` with its batches divided among devices; with less than two, `compute` itself."""
    if len(places) < 2:
        return compute
    devices = [jax.devices(place.split(":")[0])[int(place.split(":")[1])] for place in places]
    mesh = jax.sharding.Mesh(np.array(devices), ("images",))
    parts: Any = jax.sharding.PartitionSpec
    all_alike, divided = parts(), parts("images")
    spread: Compute = jax.shard_map(
        compute,
        mesh=mesh,
        in_specs=(all_alike, divided, all_alike),
        out_specs=divided,
        check_vma=False,
    )
    return spread


def _filled(batches: Sequence[Any], devices: int) -> list[Any]:
    """Batches of which each device gets an equal part: the last image is repeated."""
    arrays = [np.asarray(batch) for batch in batches]
    order = np.minimum(np.arange(-(-len(arrays[0]) // devices) * devices), len(arrays[0]) - 1)
    return [array if len(order) == len(array) else array[order] for array in arrays]


def _arrays(found: Any, count: int) -> Any:
    return jax.tree.map(lambda array: np.asarray(array)[:count], found)


def _nothing(_: Any) -> None:
    """Takes what was computed only for its shapes."""


def _is_undetermined(error: Exception) -> bool:
    """Whether the compiler knows no deterministic way for an operation, or not what that means."""
    said = str(error).lower()
    return "no such compile option" in said or ("determinis" in said and "unimplemented" in said)

"""What an engine is: the few things that TensorFlow and JAX do each in a way of their own."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from reportgen.hardware.device import Device

Compute = Callable[..., Any]

Watch = Callable[[str, Any], Any]
"""Takes a layer's path and its output; returns the output to compute on with."""


class Engine(Protocol):
    """Compiles and differentiates functions on the tensors of one backend of Keras."""

    name: str
    """As Keras calls the backend: "tensorflow" or "jax"."""

    undetermined: bool
    """Whether an operation had no deterministic form on this device since this was last reset."""

    def start(self, wanted: str, seed: int) -> Device:
        """Choose "auto", "cpu" or "gpu", and ask for deterministic operations in full float32.

        Seeds all generators.
        Raises DeviceError when a GPU is asked for and none can be used.
        """

    def compiled(
        self, compute: Compute, variables: Sequence[Any], places: Sequence[str] = ()
    ) -> Compute:
        """The function `compute` compiled, from NumPy arrays to NumPy arrays.

        Its positional arguments and its results (a tensor, or nested ones; None stays None) have
        the images as their first axis; keyword arguments are the same for all images. `variables`
        are those of Keras that `compute` reads: they may change between two calls. The batch is
        divided among `places`, as `start` names them.
        """

    def traced_once(self, compute: Compute, ranks: Sequence[tuple[int, str]]) -> Compute:
        """`compute` for tensors of these ranks and types, traced once for all their sizes."""

    def gradient(self, compute: Callable[[Any], tuple[Any, Any]], at: Any) -> tuple[Any, Any]:
        """The gradient with respect to `at`, and what else was computed.

        `compute` returns what is differentiated, summed if it is no scalar, and anything else. The
        gradient is zero where nothing depends on `at`.
        """

    def layer_gradients(
        self, compute: Callable[[Watch], tuple[Sequence[Any], Any]], layers: Sequence[str]
    ) -> tuple[list[Any], list[list[Any]], Any]:
        """Gradients with respect to the outputs of inner layers.

        `compute` runs a network with the function that it is given as observer, and returns targets
        to differentiate, each summed, and anything else. Returns the layers' outputs, for each
        target the gradient with respect to each layer, and what else was computed.
        """

    def passes_gradients(self, compute: Callable[[Any], Any], at: Any) -> bool:
        """Whether the gradient of `compute` with respect to the array `at` can be computed."""

    def loop(
        self, goes_on: Callable[..., Any], body: Callable[..., Any], state: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        """Repeat `body` on the device while `goes_on` holds; both take the state's parts."""

    def waves(self, real: Any, imaginary: Any, height: int, width: int) -> Any:
        """Images (N, height, width, C) of the waves (N, height, width // 2 + 1, C) they consist of.

        The inverse of a real Fourier transform over two axes.
        """

    def transformed(self, images: Any, transform: Any, height: int, width: int) -> Any:
        """Images (N, H, W, C) seen through one affine transform: (N, height, width, C).

        The pixel (x, y) of the result is that at (a x + b y + c, d x + e y + f), interpolated
        linearly, for the transform (a, b, c, d, e, f); black outside.
        """

    def out_of_memory(self, error: Exception) -> bool:
        """Whether an error says that the device's memory did not suffice."""

"""What `keras.layers.Bidirectional` does with the outputs of the two layers inside it."""

from typing import Any

import keras


class Bidirectional(keras.Operation):  # type: ignore[misc]
    """What joins the outputs of the two layers inside `keras.layers.Bidirectional`."""

    def __init__(self, layer: keras.layers.Bidirectional) -> None:
        """Join as the wrapper `layer` does."""
        super().__init__(name=layer.name)
        self._mode = layer.merge_mode
        self._sequences = layer.return_sequences
        self._state = layer.return_state

    def call(self, forward: Any, backward: Any) -> Any:
        """The joined outputs, then the states of both."""
        states: list[Any] = []
        if self._state:
            states = [*forward[1:], *backward[1:]]
            forward, backward = forward[0], backward[0]
        if self._sequences:
            backward = keras.ops.flip(backward, axis=1)
        joined = self._joined(forward, backward)
        return [joined, *states] if states else joined

    def _joined(self, forward: Any, backward: Any) -> Any:
        if self._mode == "concat":
            return keras.ops.concatenate([forward, backward], axis=-1)
        if self._mode == "mul":
            return forward * backward
        if self._mode is None:
            return [forward, backward]
        total = forward + backward
        return total / 2 if self._mode == "ave" else total

    def compute_output_spec(self, forward: Any, backward: Any) -> Any:
        """As `call`, symbolically."""
        return self.call(forward, backward)

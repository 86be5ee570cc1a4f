"""A network traced by two threads: layers that are changed while they are called are not shared."""

from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from reportgen.inputs.network import Network  # noqa: E402
from tests.analysis.test_filters import find, net  # noqa: E402

layers = keras.layers


class Waits(layers.Layer):
    """Hands on what it gets; while `held`, it tells that it was called and waits."""

    def __init__(self):
        super().__init__(name="waits")
        self.held, self.called, self.go = False, Event(), Event()

    def call(self, values):
        if self.held:
            self.held = False
            self.called.set()
            assert self.go.wait(20)
        return values


def test_a_thread_waits_while_another_has_changed_a_layer(monkeypatch):
    keras.utils.set_random_seed(0)
    waits = Waits()
    conv = layers.Conv2D(4, 3, activation="relu", name="conv")
    network = Network(keras.Sequential([keras.Input((8, 8, 3)), conv, waits]))
    values = np.random.default_rng(0).normal(size=(1, 8, 8, 3)).astype(np.float32)
    original = layers.Conv2D.call

    def slow(self, inputs):
        return waits.call(original(self, inputs))  # while its activation is taken away

    monkeypatch.setattr(layers.Conv2D, "call", slow)
    wanted = [one.numpy() for one in (network.run(values, ["conv"])[0][0], conv(values))]
    waits.held = True
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(network.run, values, ["conv"])
        assert waits.called.wait(20)
        other = threads.submit(network.run, values, ["conv"])
        wait([other], timeout=0.5)  # time enough to go wrong
        assert not other.done()
        waits.go.set()
        found = [one.result()[0][0].numpy() for one in (first, other)]
    for one in (*found, wanted[1]):
        np.testing.assert_array_equal(one, wanted[0])


@pytest.mark.parametrize("activation", ["relu", "softmax"])
def test_patterns_found_side_by_side_are_those_found_alone(activation):
    model = net(activation)
    names = ["conv", "depthwise", "separable", "transposed"]
    alone = [find(model, name, range(3), steps=2) for name in names]
    for _ in range(2):
        with ThreadPoolExecutor(4) as threads:
            beside = list(threads.map(lambda name: find(model, name, range(3), steps=2), names))
        for one, other in zip(alone, beside, strict=True):
            for channel in one:
                np.testing.assert_array_equal(one[channel].pixels, other[channel].pixels)
                assert one[channel].end == other[channel].end

"""Starting TensorFlow: nothing of what is imported is looked at as garbage, all else is."""

import gc
import sys

import pytest

from reportgen.hardware.device import uncollected


@pytest.fixture
def thawed():
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_nothing_is_collected_while_tensorflow_is_imported(thawed, monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    with uncollected("tensorflow"):
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


def test_a_failed_import_leaves_the_collector_on(thawed, monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    with pytest.raises(ImportError), uncollected("tensorflow"):
        raise ImportError("no TensorFlow")
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_a_second_start_keeps_nothing_for_ever(thawed, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", object())
    with uncollected("tensorflow"):
        assert gc.isenabled()
    assert gc.get_freeze_count() == 0

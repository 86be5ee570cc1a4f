"""What the driver says of GPUs, and which of them share a batch."""

import subprocess

import pytest

from reportgen.hardware import gpus
from reportgen.hardware.gpus import ASSUMED_MEMORY, all_gpus, shared_among, visible_gpus

pytestmark = pytest.mark.slow

TWO = (
    "0, GPU-aaaa-1, NVIDIA H100, 80000, 580.1, 9.0\n1, GPU-bbbb-2, NVIDIA H100, 40000, 580.1, 9.0\n"
)


@pytest.fixture
def driver(monkeypatch):
    """Let `nvidia-smi` print something."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    def prints(text):
        monkeypatch.setattr(
            subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, text, "")
        )

    return prints


def test_the_fullest_gpu_decides(driver):
    driver(TWO)
    assert shared_among(2) == ([0, 1], 40000 * 2**20, "")


def test_a_gpu_that_others_fill_is_left_out_and_named(driver):
    driver(TWO.replace("40000", "1500"))
    taken, free, said = shared_among(2)
    assert (taken, free) == ([0], 80000 * 2**20)
    assert "NVIDIA H100 (1.6 GB free)" in said


@pytest.mark.parametrize("error", [FileNotFoundError, PermissionError])
def test_without_nvidia_smi_a_memory_is_assumed(monkeypatch, error):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: (_ for _ in ()).throw(error("none")))
    assert all_gpus() == []
    assert shared_among(1) == ([0], ASSUMED_MEMORY, "")


@pytest.mark.parametrize("text", ["", "No devices were found\n", "0, GPU-1, A, [N/A], 5, 9.0\n"])
def test_what_the_driver_does_not_know_is_assumed(driver, text):
    driver(text)
    assert shared_among(1) == ([0], ASSUMED_MEMORY, "")


@pytest.mark.parametrize(
    ("chosen", "indices"),
    [(None, [0, 1]), ("1", [1]), ("1,0", [1, 0]), ("GPU-bbbb", [1]), ("", []), ("0,-1,1", [0]),
     ("7", []), ("MIG-1", None)],
)  # fmt: skip
def test_visible_devices_are_followed(driver, monkeypatch, chosen, indices):
    driver(TWO)
    if chosen is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    found = visible_gpus(gpus.all_gpus())
    assert (found and [gpu.index for gpu in found]) == (
        indices or (None if indices is None else [])
    )


def test_hidden_gpus_do_not_count(driver, monkeypatch):
    driver(TWO)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert shared_among(1) == ([0], 40000 * 2**20, "")

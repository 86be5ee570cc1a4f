"""What `reportgen doctor` says of machines that are made up, and which engine "auto" takes."""

import json
import subprocess
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from reportgen.cli.doctor import Machine, diagnosis, findings
from reportgen.cli.main import cli
from reportgen.errors import DeviceError
from reportgen.hardware import engines
from reportgen.hardware.engines import Reach, choose
from reportgen.hardware.gpus import Gpu

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[2]

H100 = Gpu(0, "GPU-1", "NVIDIA H100", 80 * 10**9, "580.159", "9.0")
RTX50 = Gpu(0, "GPU-2", "NVIDIA GeForce RTX 5090", 30 * 10**9, "580.1", "12.0")
ON_CPU = Reach((), works=True, built=True, log="")
VERSIONS = {"tensorflow": "2.21.0", "jax": "0.11.2", "keras": "3.15.1"}


def machine(**changes):
    known = {
        "system": "Linux", "processor": "x86_64", "python": (3, 12), "gpus": [],
        "reaches": {"tensorflow": ON_CPU}, "versions": VERSIONS, "chosen": "tensorflow",
    }  # fmt: skip
    return Machine(**(known | changes))


def log(text, *, gpus=(), works=False, built=True):
    return Reach(tuple(gpus), works, built, text)


def test_a_machine_without_a_gpu_lacks_nothing():
    lines = diagnosis(machine())
    assert not findings(machine())
    assert len(lines) <= 10
    assert any("computes with TensorFlow on the processor" in line for line in lines)
    assert any("JAX" in line and "not installed" in line for line in lines)


CASES = {
    "CUDA libraries": (
        machine(gpus=[H100], reaches={"tensorflow": log(
            "W dso_loader.cc:64] Could not load dynamic library 'libcudnn.so.9'; dlerror: none\n"
            "Skipping registering GPU devices...", works=True)}),
        "TensorFlow cannot load libcudnn.so.9.", "tensorflow[and-cuda]",
    ),
    "CUDA libraries unnamed": (
        machine(gpus=[H100], reaches={"tensorflow": log(
            "W gpu_device.cc:2343] Cannot dlopen some GPU libraries. Please make sure the missing "
            "libraries mentioned above are installed properly", works=True)}),
        "cannot load CUDA's libraries", "tensorflow[and-cuda]",
    ),
    "no CUDA in JAX": (
        machine(gpus=[H100], chosen="jax", reaches={"jax": log(
            "An NVIDIA GPU may be present on this machine, but a CUDA-enabled jaxlib is not "
            "installed. Falling back to cpu.", works=True)}),
        "without its CUDA plugin", "reportgen[jax-cuda]",
    ),
    "driver": (
        machine(gpus=[H100], reaches={"tensorflow": log(
            "failed call to cuInit: CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", works=True)}),
        "driver does not fit", "newest driver",
    ),
    "hidden": (
        machine(gpus=[H100], reaches={"tensorflow": log(
            "failed call to cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected",
            works=True)}),
        "shows TensorFlow no GPU", "unset CUDA_VISIBLE_DEVICES",
    ),
    "RTX 50": (
        machine(gpus=[RTX50], reaches={"tensorflow": log("CUDA_ERROR_INVALID_HANDLE",
                                                          gpus=["RTX 5090"])}),
        "no code for so new a GPU", "--engine jax",
    ),
    "no kernel image": (
        machine(gpus=[H100], reaches={"tensorflow": log("no kernel image is available",
                                                         gpus=["H100"])}),
        "no code for so new a GPU", "--engine jax",
    ),
    "full": (
        machine(gpus=[H100], reaches={"jax": log("RESOURCE_EXHAUSTED: Out of memory",
                                                  gpus=["H100"])}, chosen="jax"),
        "no free memory", "nvidia-smi",
    ),
    "CPU build": (
        machine(gpus=[H100], reaches={"tensorflow": log("", works=True, built=False)}),
        "has no GPU support", "tensorflow[and-cuda]",
    ),
    "Windows": (machine(system="Windows", gpus=[H100]), "on Windows itself", "wsl --install"),
    "Apple": (machine(system="Darwin", processor="arm64"), "GPU of a Mac", "the processor"),
    "Python 3.14": (
        machine(python=(3, 14), reaches={}, versions={}, chosen=""),
        "no build for Python 3.14", "reportgen[jax]",
    ),
    "nothing": (
        machine(reaches={}, versions={}, chosen=""), "neither TensorFlow nor JAX", "tensorflow",
    ),
    "broken": (
        machine(reaches={"tensorflow": log("Traceback …\nImportError: DLL load failed")}),
        "cannot be started: ImportError: DLL load failed", "pip install",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_cause_is_named_with_what_helps(name, monkeypatch):
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    sick, what, helps = CASES[name]
    found = findings(sick)
    assert [one for one in found if what in one.what and helps in one.help], found
    assert len(diagnosis(sick)) <= 12


def test_a_gpu_that_one_engine_reaches_lacks_nothing():
    well = machine(
        gpus=[H100],
        chosen="jax",
        reaches={"tensorflow": ON_CPU, "jax": log("", gpus=["NVIDIA H100"], works=True)},
    )
    assert not findings(well)
    assert any("JAX on NVIDIA H100" in line for line in diagnosis(well))


def test_the_command_prints_it(monkeypatch):
    monkeypatch.setattr(Machine, "this", classmethod(lambda _: CASES["RTX 50"][0]))
    done = CliRunner().invoke(cli, ["doctor"])
    assert done.exit_code == 0
    assert "Missing: this release of TensorFlow" in done.output


def test_a_gpu_that_jax_is_told_to_leave_alone_is_named_so(monkeypatch):
    """A build obeys the variable, so the question what JAX reaches does, too."""
    asked = []

    def run(*_, env, **__):
        asked.append(env["JAX_PLATFORMS"])
        return subprocess.CompletedProcess([], 0, json.dumps({"gpus": [], "built": True}), "")

    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    monkeypatch.setattr(subprocess, "run", run)
    engines.reach.cache_clear()
    engines.reach("jax")
    engines.reach.cache_clear()
    assert asked == ["cpu"]
    sick = machine(gpus=[H100], reaches={"jax": ON_CPU}, chosen="jax")
    assert [(one.what, one.help) for one in findings(sick)] == [
        ("JAX_PLATFORMS is “cpu”, so JAX uses no GPU.", "unset JAX_PLATFORMS")
    ]


@pytest.fixture
def here(monkeypatch):
    """What is installed and what each engine reaches, made up."""

    def set_up(*names, plugin=False, **reaches):
        monkeypatch.setattr(engines, "installed", lambda name: name in names)
        monkeypatch.setattr(engines, "has_gpu_plugin", lambda: plugin)
        monkeypatch.setattr(engines, "reach", lambda name: reaches[name])

    return set_up


def test_auto_takes_tensorflow_unless_it_reaches_no_gpu_and_jax_does(here):
    on_gpu = log("", gpus=["NVIDIA H100"], works=True)
    here("tensorflow", "jax", plugin=True, tensorflow=ON_CPU, jax=on_gpu)
    assert choose("auto", "auto") == "jax"
    assert choose("auto", "cpu") == "tensorflow"
    assert choose("tensorflow", "auto") == "tensorflow"
    here("tensorflow", "jax", plugin=True, tensorflow=on_gpu, jax=on_gpu)
    assert choose("auto", "gpu") == "tensorflow"
    here("tensorflow", "jax", plugin=True, tensorflow=log("", gpus=["RTX"]), jax=on_gpu)
    assert choose("auto", "auto") == "jax"
    here("tensorflow", "jax", plugin=True, tensorflow=ON_CPU, jax=ON_CPU)
    assert choose("auto", "auto") == "tensorflow"


def test_without_a_plugin_no_engine_is_asked(here):
    here("tensorflow", "jax")  # asking would be a KeyError
    assert choose("auto", "auto") == "tensorflow"
    here("jax")
    assert choose("auto", "auto") == "jax"
    here("tensorflow")
    assert choose("auto", "gpu") == "tensorflow"


def test_an_engine_that_is_not_installed_is_a_sentence_with_a_command(here):
    here("tensorflow")
    with pytest.raises(
        DeviceError, match=r"JAX is not installed.*pip install 'keras-reportgen\[jax\]'"
    ):
        choose("jax", "auto")
    here()
    with pytest.raises(DeviceError, match="Neither TensorFlow nor JAX"):
        choose("auto", "auto")


def test_an_engine_that_is_too_old_is_not_used(here, monkeypatch):
    """Such as the JAX of a cluster, beside which reportgen is installed."""
    monkeypatch.setattr(engines, "versions", lambda name: {name: "0.4.35", "keras": "3.15.1"})
    here("jax")
    for wanted in ("auto", "jax"):
        with pytest.raises(DeviceError, match=r"JAX 0\.4\.35 is too old.* needs 0\.7\.2; .*-U"):
            choose(wanted, "auto")
    monkeypatch.setattr(engines, "versions", lambda name: {name: VERSIONS[name] + ".dev1"})
    assert choose("auto", "auto") == "jax"
    old = {**VERSIONS, "jax": "0.4.35"}
    monkeypatch.setattr(engines, "versions", lambda name: {name: old[name]})
    on_gpu = log("", gpus=["NVIDIA H100"], works=True)
    here("tensorflow", "jax", plugin=True, tensorflow=ON_CPU, jax=on_gpu)
    assert choose("auto", "auto") == "tensorflow"
    sick = machine(versions=old, reaches={"tensorflow": ON_CPU, "jax": on_gpu})
    assert [one.what for one in findings(sick)] == ["JAX 0.4.35 is too old; reportgen needs 0.7.2."]


@pytest.mark.parametrize(
    ("release", "needed"),
    [("0.7.1", "0.7.2"), ("0.7.2", ""), ("0.7.2.dev2", ""), ("0.10", ""), ("unknown version", "")],
)
def test_releases_are_compared_as_numbers(release, needed):
    assert engines.too_old("jax", release) == needed


def test_the_oldest_releases_are_those_that_are_installed():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["jax"]]
    for name, oldest in engines.OLDEST.items():
        assert any(text.startswith(f"{name}>={'.'.join(map(str, oldest))}") for text in wanted)


def test_an_engine_is_asked_in_a_process_of_its_own(monkeypatch):
    def answer(printed, returncode=0, errors=""):
        monkeypatch.setattr(
            subprocess, "run",
            lambda *_, **__: subprocess.CompletedProcess([], returncode, printed, errors),
        )  # fmt: skip
        engines.reach.cache_clear()
        return engines.reach("jax")

    listed = json.dumps({"gpus": ["NVIDIA H100"], "built": True})
    assert answer(f"chatter\n{listed}\nworks\n") == log("", gpus=["NVIDIA H100"], works=True)
    failed = answer(f"{listed}\n", 1, "no kernel image")
    assert (failed.gpus, failed.works, failed.log) == (("NVIDIA H100",), False, "no kernel image")
    assert answer("", 1, "ImportError") == log("ImportError")
    engines.reach.cache_clear()

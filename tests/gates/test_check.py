"""Each metric passing, failing and unmeasured."""

from pathlib import Path

import pytest

from reportgen.gates.check import check_gates
from reportgen.gates.measures import Unmeasured, measures
from reportgen.gates.metrics import METRICS
from reportgen.gates.wording import gate_sentence
from reportgen.records.gates import Baseline, Gate
from reportgen.records.over_images import ClassResult
from reportgen.records.report import Report
from reportgen.report.site.writer import write_site
from tests.report.sample import HOSTILE, LABELS, write_sample

BASELINE = Baseline(
    title="Before",
    model="before.keras",
    sha256="0" * 64,
    created="2024-01-01T00:00:00Z",
    images=20,
    accuracy_change=-0.05,
    regressions=0.1,
    flips=0.15,
    new_silent_channels=3,
    regressed=["a.png", "b.png"],
    unmeasured={},
)
SUBJECTS = {
    "precision": LABELS[0],
    "recall": LABELS[0],
    "f1": LABELS[0],
    "zeros": "block1_conv1",
}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A report in which every metric is measured."""
    report = write_sample(tmp_path_factory.mktemp("full"))
    assert report.evaluation is not None
    assert report.regression is not None
    evaluation = report.evaluation.model_copy(update={"top_k_accuracy": 0.9})
    fits = [fit.model_copy(update={"r2": 0.5}) for fit in report.regression.fits]
    regression = report.regression.model_copy(update={"fits": fits})
    return report.model_copy(
        update={"baseline": BASELINE, "evaluation": evaluation, "regression": regression}
    )


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A report without evaluation, regression, health, kernels or baseline."""
    return write_sample(tmp_path_factory.mktemp("bare"), sections=("activations",))


def only(report: Report, condition: str) -> Gate:
    gates = check_gates(report, (), (condition,))
    assert gates is not None
    (gate,) = gates.gates
    return gate


def condition_of(name: str, comparison: str) -> str:
    subject = f"[{SUBJECTS[name]}]" if name in SUBJECTS else ""
    return f"{name}{subject} {comparison}"


@pytest.mark.parametrize("name", METRICS)
def test_each_metric_passes_and_fails(full: Report, name: str) -> None:
    lowest = -1 if METRICS[name].unit == "change" else 0
    gate = only(full, condition_of(name, f">= {lowest}" if name != "r2" else "<= 1"))
    assert (gate.status, gate.reason) == ("passed", "")
    assert gate.value is not None
    failing = only(full, condition_of(name, f"!= {gate.value!r}"))
    assert (failing.status, failing.value) == ("failed", gate.value)


ALWAYS = {
    *("images", "skipped_images", "non_finite_images", "warnings", "layers", "model_size"),
    *("parameters", "trainable_parameters"),
}


@pytest.mark.parametrize("name", [name for name in METRICS if name not in ALWAYS])
def test_each_metric_that_was_not_measured_fails_and_says_why(bare: Report, name: str) -> None:
    lowest = -1 if METRICS[name].unit == "change" else 0
    gates = check_gates(bare, (), (condition_of(name, f">= {lowest}"),))
    assert gates is not None
    (gate,) = gates.failed
    assert (gate.status, gate.value) == ("unmeasured", None)
    assert len(gate.reason.split()) > 3
    assert gate.reason in gate_sentence(gate)


def test_numbers_are_those_of_the_report(full: Report) -> None:
    numbers = measures(full)
    assert full.evaluation is not None
    assert numbers["accuracy"] == full.evaluation.correct / full.evaluation.images
    assert numbers["misclassified_images"] == len(full.evaluation.mistakes)
    assert numbers["skipped_images"] == 1
    assert numbers["dead_filters"] == sum(len(one.dead) for one in full.kernels)
    assert numbers["accuracy_change"] == -0.05
    assert not any(isinstance(one, Unmeasured) for one in numbers.values())


def test_channels_are_counted_once_where_they_start(full: Report) -> None:
    """A convolution's channels go on through the pooling behind it."""
    assert full.health is not None
    filters = sum(one.channels or 0 for one in full.model.layers if one.type == "Conv2D")
    assert measures(full)["silent_channels"] == full.health.silent / filters


def test_a_glob_finds_the_worst_layer(full: Report) -> None:
    assert full.health is not None
    zeros = {one.layer: one.zeros for one in full.health.layers}
    most = max(zeros, key=zeros.__getitem__)
    gate = only(full, "zeros[*] <= 0")
    assert (gate.value, gate.found_in) == (zeros[most], most)
    least = min(zeros, key=zeros.__getitem__)
    assert only(full, "zeros[*] >= 1").found_in == least


def test_a_name_is_taken_before_a_glob(full: Report) -> None:
    assert only(full, f"zeros[{HOSTILE[0]}] >= 0").status == "passed"


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("zeros[blok1_conv1] >= 0", "the model has no layer “blok1_conv1”; did you mean"),
        ("zeros[nothing*] >= 0", "the model has no layer “nothing*”"),
        ("recall[dog] >= 0", "the model has no class “dog”"),
    ],
)
def test_a_subject_that_is_not_there_fails(full: Report, condition: str, reason: str) -> None:
    gate = only(full, condition)
    assert gate.status == "unmeasured"
    assert reason in gate.reason


def test_a_class_without_images_has_no_recall(full: Report) -> None:
    assert full.evaluation is not None
    first, *rest = full.evaluation.classes
    empty = first.model_copy(update={"images": 0, "recall": None})
    evaluation = full.evaluation.model_copy(update={"classes": [empty, *rest]})
    report = full.model_copy(update={"evaluation": evaluation})
    gate = only(report, f"recall[{first.label}] >= 0")
    assert (gate.status, gate.reason) == ("unmeasured", "no image has the class")


def test_of_several_values_the_worst_counts(full: Report) -> None:
    assert full.regression is not None
    fits = {fit.name: fit.mae for fit in full.regression.fits}
    gate = only(full, "mean_absolute_error <= 0")
    assert gate.value == max(fits.values())
    assert fits[gate.found_in] == gate.value


def test_a_value_without_r2_is_not_measured(full: Report) -> None:
    assert full.regression is not None
    fits = [fit.model_copy(update={"r2": None}) for fit in full.regression.fits]
    regression = full.regression.model_copy(update={"fits": fits})
    gate = only(full.model_copy(update={"regression": regression}), "r2 >= 0")
    assert gate.status == "unmeasured"


def test_a_glob_leaves_out_classes_without_images_but_none_without_predictions(
    full: Report,
) -> None:
    assert full.evaluation is not None
    base = full.evaluation.classes[0]
    alone = base.model_copy(update={"label": "alone", "precision": 0.0, "recall": None})
    never = base.model_copy(update={"label": "never", "precision": None, "recall": 0.0})
    good = base.model_copy(update={"label": "good", "precision": 1.0, "recall": 1.0})

    def of(condition: str, *classes: ClassResult) -> Gate:
        assert full.evaluation is not None
        evaluation = full.evaluation.model_copy(update={"classes": list(classes)})
        return only(full.model_copy(update={"evaluation": evaluation}), condition)

    assert of("recall[*] >= 1", good, alone).status == "passed"
    assert of("recall[*] >= 0", alone).status == "unmeasured"
    gate = of("precision[*] >= 0.9", good, never)
    assert (gate.status, gate.reason) == ("unmeasured", "never: no image is predicted as the class")


def test_no_conditions_are_no_gates(full: Report) -> None:
    assert check_gates(full, (), ()) is None


@pytest.mark.slow
def test_the_overview_opens_with_the_gates(tmp_path: Path) -> None:
    report = write_sample(tmp_path)
    write_site(report, tmp_path)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert page.index('<h2 id="overview--gates"') < page.index('class="headlines"')
    assert "3 of 5 gates failed." in page
    assert "there is no baseline" in page

"""Positions, neighbours and suspected labels against scikit-learn and cleanlab."""

import numpy as np
import pytest

from reportgen.analysis.image_map import projection
from reportgen.analysis.image_map.label_errors import confident_classes, suspected_labels
from reportgen.analysis.image_map.neighbours import nearest, trustworthiness
from reportgen.analysis.image_map.projection import (
    perplexity_of,
    principal_components,
    tsne,
)
from reportgen.errors import SettingsError
from reportgen.pictures.map_thumbnails import grid_places

RANDOM = np.random.default_rng(3)


def clusters(images: int, channels: int) -> np.ndarray:
    """Features in three clusters, image by image in turn."""
    centres = RANDOM.normal(0, 6, (3, channels))
    return centres[np.arange(images) % 3] + RANDOM.normal(0, 1, (images, channels))


@pytest.mark.parametrize(("images", "channels"), [(40, 7), (9, 60), (3, 2), (300, 33)])
def test_principal_components_are_those_of_scikit_learn(images: int, channels: int) -> None:
    decomposition = pytest.importorskip("sklearn.decomposition")
    features = clusters(images, channels)
    expected = decomposition.PCA(2, svd_solver="full")
    positions = expected.fit_transform(features)
    found, shares = principal_components(features)
    assert found == pytest.approx(positions, abs=1e-8 * np.abs(positions).max())
    assert shares == pytest.approx(tuple(expected.explained_variance_ratio_))


def test_signs_do_not_follow_the_order_of_images() -> None:
    features = clusters(30, 5)
    order = RANDOM.permutation(30)
    shuffled = principal_components(features[order])[0]
    assert shuffled == pytest.approx(principal_components(features)[0][order])


def test_alike_images_and_a_single_channel_have_no_second_axis() -> None:
    positions, shares = principal_components(np.full((5, 4), 2.5))
    assert not positions.any() and shares == (0.0, 0.0)
    positions, shares = principal_components(np.array([[0.0], [3.0], [6.0]]))
    assert positions[:, 1].tolist() == [0, 0, 0] and shares == (1.0, 0.0)
    assert positions[:, 0] == pytest.approx([-3, 0, 3])


@pytest.mark.slow
def test_neighbours_are_those_of_scikit_learn() -> None:
    neighbors = pytest.importorskip("sklearn.neighbors")
    features = clusters(600, 12) + 1e4  # far from zero, where squares lose their digits
    search = neighbors.NearestNeighbors(n_neighbors=8, algorithm="brute", metric="l2").fit(
        features.astype(np.longdouble).astype(np.float64) - 1e4
    )
    expected = search.kneighbors(return_distance=False)
    assert (nearest(features - 1e4, 8) == expected).all()
    same = (nearest(features, 8) == expected).mean()
    assert same > 0.999


def test_copies_of_an_image_are_its_nearest() -> None:
    features = np.concatenate([clusters(20, 6)] * 2) + 1e5
    assert (nearest(features, 1)[:, 0] == (np.arange(40) + 20) % 40).all()


def test_trustworthiness_is_that_of_scikit_learn() -> None:
    manifold = pytest.importorskip("sklearn.manifold")
    features = clusters(90, 10)
    for positions in (principal_components(features)[0], RANDOM.normal(size=(90, 2))):
        expected = manifold.trustworthiness(features, positions, n_neighbors=8)
        assert trustworthiness(features, positions, 8) == pytest.approx(expected)
    assert trustworthiness(features[:3], features[:3, :2], 1) <= 1
    with pytest.raises(ValueError, match="twice as many images"):
        trustworthiness(features[:8], features[:8, :2], 4)


@pytest.mark.slow
def test_tsne_is_that_of_scikit_learn_and_the_same_every_time() -> None:
    manifold = pytest.importorskip("sklearn.manifold")
    features = clusters(60, 10)
    found = tsne(features, 5)
    assert (tsne(features, 5) == found).all()
    start = principal_components(features)[0]
    start = (start / start[:, 0].std() * 1e-4).astype(np.float32)
    chosen = manifold.TSNE(perplexity=perplexity_of(60), init=start, random_state=5)
    expected = chosen.fit_transform(features / np.abs(features).max())
    assert manifold.trustworthiness(features, found) == pytest.approx(
        manifold.trustworthiness(features, expected), abs=0.02
    )
    labels = np.arange(60) % 3
    assert (labels[nearest(found, 5)] == labels[:, None]).mean() > 0.95


def test_tsne_without_scikit_learn_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"keras-reportgen\[maps\]"):
        tsne(clusters(12, 3), 0)


def noisy(images: int, errors: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, set[int]]:
    """Features, probabilities and labels, of which the labels of some images are swapped."""
    features = clusters(images, 8)
    true = np.arange(images) % 3
    centres = np.stack([features[true == k].mean(axis=0) for k in range(3)])
    logits = -((features[:, None] - centres) ** 2).sum(axis=2) / 20
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    wrong = set(RANDOM.choice(images, errors, replace=False).tolist())
    labels = np.array([(k + 1) % 3 if at in wrong else k for at, k in enumerate(true)])
    return features, shares / shares.sum(axis=1, keepdims=True), labels, wrong


def test_swapped_labels_are_the_most_suspect() -> None:
    features, shares, labels, wrong = noisy(120, 10)
    found = suspected_labels(shares, labels, nearest(features, 8))
    assert wrong == {one.at for one in found[:10]}
    assert all(one.given == labels[one.at] != one.suggested for one in found)
    assert all(one.like_suggested > 4 for one in found)


def test_confident_classes_follow_the_definition() -> None:
    shares = np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8], [0.35, 0.65], [0.95, 0.05]])
    labels = np.array([0, 0, 1, 1, 1])
    # thresholds: 0.7 for the first class, 0.5 for the second
    assert confident_classes(shares, labels).tolist() == [0, 1, 1, 1, 0]
    assert confident_classes(np.array([[0.6, 0.4, 0.0]]), np.array([0])).tolist() == [0]


def test_neighbours_with_the_given_label_clear_an_image() -> None:
    shares = np.array([[0.95, 0.05]] * 3 + [[0.05, 0.95]] * 3 + [[0.97, 0.03]])
    labels = np.array([0, 0, 0, 1, 1, 1, 1])
    around = np.array([[1, 2, 3]] * 6 + [[3, 4, 5]])
    assert suspected_labels(shares, labels, around) == []
    around[6] = [0, 1, 5]
    (found,) = suspected_labels(shares, labels, around)
    assert (found.at, found.given, found.suggested) == (6, 1, 0)
    assert (found.like_given, found.like_suggested) == (1, 2)


def test_confident_learning_is_that_of_cleanlab() -> None:
    cleanlab_filter = pytest.importorskip("cleanlab.filter")
    _, shares, labels, _ = noisy(150, 15)
    expected = cleanlab_filter.find_label_issues(labels, shares, filter_by="confident_learning")
    confident = confident_classes(shares, labels)
    found = (confident >= 0) & (confident != labels) & (shares.argmax(axis=1) != labels)
    assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("count", [1, 2, 3, 7, 30, 160])
def test_thumbnails_fill_a_grid_in_the_order_of_the_map(count: int) -> None:
    positions = RANDOM.normal(size=(count, 2))
    places = grid_places(positions)
    assert len(set(places)) == count
    columns = max(column for column, _ in places) + 1
    rows = max(row for _, row in places) + 1
    assert columns * rows < count + columns + rows
    left = [positions[at, 0] for at, place in enumerate(places) if place[0] == 0]
    assert max(left) <= min(
        [positions[at, 0] for at, place in enumerate(places) if place[0]] or [9]
    )

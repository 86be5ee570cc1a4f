"""The same report from one run and from shards in any order, and from a store that is shared."""

import shutil

import pytest

from reportgen.analysis.photos import PhotoOptions, Photos
from reportgen.analysis.top_images import scan
from reportgen.analysis.workbench import Workbench
from reportgen.build_steps.context import BuildContext
from reportgen.build_steps.decoded_photos import decode_photos
from reportgen.build_steps.found_files import find_files
from reportgen.config import make_settings
from reportgen.errors import ReportgenError, SettingsError
from reportgen.execution.runner import Local
from reportgen.execution.shards import Shard
from reportgen.execution.store import Store
from reportgen.execution.units import Unit
from reportgen.pipeline import build, build_shard
from reportgen.progress import Silent
from reportgen.records.model import Model
from tests.support.data_sets import class_folders
from tests.support.folders import differing
from tests.support.options import SCAN

FAST = {"filters": 2, "filter_method": "classic", "filter_steps": 2, "filter_size": 16,
        "preprocess": "unit", "dataset_pages": 4, "exemplars": 3}  # fmt: skip


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return class_folders(tmp_path_factory.mktemp("data") / "shapes", ("a", "b", "c"), 6, 24)


@pytest.fixture(autouse=True)
def reproducible(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    monkeypatch.setattr(scan, "ALONE", 4)
    monkeypatch.setattr(scan, "SMALLEST", 4)


def settings_for(place, folders, **options):
    known = {**FAST, "out": str(place), "dataset": str(folders)}
    return make_settings({**known, **options})


@pytest.fixture
def alone(small_model, folders, tmp_path):
    settings = settings_for(tmp_path / "alone", folders, no_cache=True)
    return build(str(small_model), [], settings, progress=Silent(), command="").folder


@pytest.mark.slow
def test_three_shards_in_any_order_give_the_same_bytes(small_model, folders, tmp_path, alone):
    kept = {"cache_dir": str(tmp_path / "store")}
    told = []
    # For the scan, for the pages that it finds, and for what their results ask for.
    for number in (3, 1, 2, 2, 3, 1, 3, 1, 2):
        settings = settings_for(tmp_path / "r", folders, shard=f"{number}/3", **kept)
        told.append(build_shard(str(small_model), [], settings, progress=Silent()))
        assert not (tmp_path / "r").exists()
    assert told[0].elsewhere
    assert sum(one.computed for one in told[3:])
    assert told[-1].elsewhere == 0
    assert not any(one.failed for one in told)
    settings = settings_for(tmp_path / "r", folders, **kept)
    made = build(str(small_model), [], settings, progress=Silent(), command="")
    assert differing(alone, made.folder) == []


@pytest.mark.slow
def test_patterns_of_channels_that_respond_most_wait_for_all_activations(
    small_model, folders, tmp_path
):
    mixed = {"filter_method": "mixed", "dataset_pages": 12, "cache_dir": str(tmp_path / "store")}
    first, second = (settings_for(tmp_path / "r", folders, shard=f"{number}/2", **mixed)
                     for number in (1, 2))  # fmt: skip
    waiting = [
        build_shard(str(small_model), [], settings, progress=Silent()).waiting
        for settings in (first, second, first)
    ]
    assert waiting == [0, 5, 0]  # four patterns, and the top images of channels that decide
    made = build(str(small_model), [], settings_for(tmp_path / "r", folders, **mixed),
                 progress=Silent(), command="")  # fmt: skip
    alone = settings_for(tmp_path / "s", folders, **{**mixed, "no_cache": True})
    other = build(str(small_model), [], alone, progress=Silent(), command="")
    assert differing(other.folder, made.folder) == []


def test_shards_part_the_units(small_model):
    units = scan.Scan().plan("m", [f"{at:064x}" for at in range(3)], SCAN).units
    shards = [Shard.read(f"{number}/5") for number in range(1, 6)]
    for unit in units:
        assert sum(shard.has(unit) for shard in shards) == 1


@pytest.mark.parametrize("number", [1, 2, 3])
def test_units_that_all_need_begin_with_those_of_the_own_part(number):
    units = scan.Scan().plan("m", [f"{at:064x}" for at in range(40)], SCAN).units
    shards = [Shard(at % 3 + 1, 3) for at in range(number - 1, number + 2)]
    ordered = shards[0].in_turn(units)
    assert ordered == [unit for shard in shards for unit in units if shard.has(unit)]


def test_shards_at_work_at_the_same_time_decode_each_image_once(
    small_model, folders, tmp_path, monkeypatch
):
    decoded: list[Unit[PhotoOptions]] = []
    decode = Photos._one

    def shard(number):
        settings = settings_for(tmp_path / "r", folders, dataset=None, shard=f"{number}/2",
                                cache_dir=str(tmp_path / "store"))  # fmt: skip
        context = BuildContext(
            str(small_model), settings, Silent(), Store(tmp_path / "store"),
            engine=Local(shares=True),
        )  # fmt: skip
        photos = find_files(context, [str(folders)]).shown.photos
        context.bench.photos = {digest: file.path for file, digest in photos}
        facts = Model.model_construct(image_input=None)
        assert len(decode_photos(context, facts, photos)) == len(photos)
        return photos

    def one(analysis, unit, bench):
        if not decoded:  # the second shard has done all of its work before the first one goes on
            decoded.append(unit)
            shard(2)
        else:
            decoded.append(unit)
        return decode(analysis, unit, bench)

    monkeypatch.setattr(Photos, "_one", one)
    photos = shard(1)
    assert len(decoded) == len(photos) + 1  # the one that both have begun
    own = [Shard(2, 2).has(unit) for unit in decoded[1:]]
    assert own == sorted(own, reverse=True)
    assert not Shard(2, 2).has(decoded[0])


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b", "1/0", "-1/3", ""])
def test_a_shard_is_of_a_form(text):
    with pytest.raises(SettingsError, match="I/N"):
        make_settings({"shard": text})


def test_shards_need_a_cache():
    with pytest.raises(SettingsError, match="--no-cache"):
        make_settings({"shard": "1/2", "no_cache": True})


@pytest.mark.slow
def test_processors_of_several_kinds_are_told_and_refused(
    small_model, folders, tmp_path, monkeypatch
):
    kept = {"cache_dir": str(tmp_path / "store")}
    monkeypatch.setattr("reportgen.analysis.workbench.compute_class", lambda _: "old processor")
    settings = settings_for(tmp_path / "r", folders, shard="1/2", **kept)
    build_shard(str(small_model), [], settings, progress=Silent())
    monkeypatch.setattr("reportgen.analysis.workbench.compute_class", lambda _: "new processor")
    strict = settings_for(tmp_path / "r", folders, strict=True, **kept)
    with pytest.raises(ReportgenError, match=r"2 kinds of processor.*new processor; old processor"):
        build(str(small_model), [], strict, progress=Silent(), command="")
    settings = settings_for(tmp_path / "r", folders, **kept)
    made = build(str(small_model), [], settings, progress=Silent(), command="")
    assert any("2 kinds of processor" in warning for warning in made.report.warnings)


@pytest.mark.slow
def test_a_shard_begins_anew_where_its_inputs_change(small_model, folders, tmp_path, monkeypatch):
    mine, notes, read = tmp_path / "mine", [], Workbench.read
    shutil.copytree(folders, mine)

    class Noted(Silent):
        def note(self, text):
            notes.append(text)

    def read_and_change(bench, digest, feeding):
        if len(list(mine.rglob("*.png"))) == 18 and scans:
            (mine / "c" / "c 5.png").unlink(missing_ok=True)
        return read(bench, digest, feeding)

    def compute(analysis, units, bench):
        scans.append(units)
        return scanned(analysis, units, bench)

    scans, scanned = [], scan.Scan.compute
    monkeypatch.setattr(scan.Scan, "compute", compute)
    monkeypatch.setattr(Workbench, "read", read_and_change)
    settings = settings_for(tmp_path / "r", mine, shard="1/1", cache_dir=str(tmp_path / "store"))
    made = build_shard(str(small_model), [], settings, progress=Noted())
    assert made.computed
    assert not made.failed
    assert "c 5.png changed while it was read: the build begins anew." in notes


@pytest.mark.slow
def test_a_shard_computes_damaged_work_again(small_model, folders, tmp_path):
    store = tmp_path / "store"
    settings = settings_for(tmp_path / "r", folders, shard="1/1", cache_dir=str(store))
    build_shard(str(small_model), [], settings, progress=Silent())
    for file in store.glob("??/*/scan.npz"):
        file.write_bytes(b"\0" * file.stat().st_size)
    build_shard(str(small_model), [], settings, progress=Silent())
    assert Store(store).verify()[1] == []


@pytest.mark.slow
def test_damaged_work_is_computed_again(small_model, folders, tmp_path, alone):
    settings = settings_for(tmp_path / "r", folders, cache_dir=str(tmp_path / "store"))
    build(str(small_model), [], settings, progress=Silent(), command="")
    for file in (tmp_path / "store").glob("??/*/*"):
        if file.name in ("scan.npz", "data.json"):
            file.write_bytes(b"\0" * file.stat().st_size)
            break
    again = settings_for(tmp_path / "s", folders, cache_dir=str(tmp_path / "store"))
    made = build(str(small_model), [], again, progress=Silent(), command="")
    assert differing(alone, made.folder) == []

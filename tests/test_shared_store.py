"""A store in a bucket: the same report from it, by shards too, and a bucket that is not there."""

import pytest

from reportgen.analysis.top_images import scan
from reportgen.config import make_settings
from reportgen.errors import OutputError
from reportgen.execution.store import Store
from reportgen.pipeline import build, build_shard
from reportgen.progress import Silent
from tests.support.data_sets import class_folders
from tests.support.folders import differing

s3fs = pytest.importorskip("s3fs", reason="the extra s3 is not installed")
moto_server = pytest.importorskip("moto.server", reason="moto's server is not installed")

pytestmark = pytest.mark.slow

FAST = {"filters": 2, "filter_method": "classic", "filter_steps": 2, "filter_size": 16,
        "preprocess": "unit", "dataset_pages": 3, "exemplars": 3}  # fmt: skip


@pytest.fixture
def bucket(monkeypatch):
    """The address of an empty bucket in an S3 of this process, which writes to no disk."""
    server = moto_server.ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3fs.S3FileSystem.clear_instance_cache()
    s3fs.S3FileSystem().makedirs("reports", exist_ok=True)
    yield "s3://reports/work"
    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


@pytest.fixture
def folders(tmp_path):
    return class_folders(tmp_path / "shapes", ("a", "b", "c"), 4, 24)


@pytest.fixture(autouse=True)
def reproducible(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    monkeypatch.setattr(scan, "ALONE", 4)
    monkeypatch.setattr(scan, "SMALLEST", 4)


def settings_for(place, folders, **options):
    return make_settings({**FAST, "out": str(place), "dataset": str(folders), **options})


def test_shards_over_a_bucket_give_the_bytes_of_one_machine(small_model, folders, tmp_path, bucket):
    alone = settings_for(tmp_path / "alone", folders, no_cache=True)
    expected = build(str(small_model), [], alone, progress=Silent(), command="").folder
    for number in (2, 1):
        settings = settings_for(tmp_path / "r", folders, cache_dir=bucket, shard=f"{number}/2")
        build_shard(str(small_model), [], settings, progress=Silent())
    settings = settings_for(tmp_path / "r", folders, cache_dir=bucket)
    made = build(str(small_model), [], settings, progress=Silent(), command="")
    assert differing(expected, made.folder) == []
    again = build(str(small_model), [], settings, progress=Silent(), command="")
    assert again.unchanged
    store = Store(bucket)
    whole, damaged = store.verify()
    assert whole > 10
    assert damaged == []
    count, size = store.clear()
    assert count == whole
    assert size > 1000
    assert store.size() == (0, 0)


def test_a_bucket_that_is_not_there_is_told(small_model, folders, tmp_path, bucket):
    with pytest.raises(OutputError, match=r"s3://elsewhere/work cannot be reached: .* not exist"):
        Store("s3://elsewhere/work").verify()
    settings = settings_for(tmp_path / "r", folders, cache_dir="s3://elsewhere/work")
    with pytest.raises(OutputError, match="s3://elsewhere/work"):
        build(str(small_model), [], settings, progress=Silent(), command="")

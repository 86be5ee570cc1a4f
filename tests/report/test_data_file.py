"""report.json in pieces is the same text as in one."""

from reportgen.records.images_on_disk import keep_images
from reportgen.records.on_disk import KeptFile
from reportgen.records.report import Report
from reportgen.report.data_file import write_data
from tests.report.sample import write_sample


def test_the_text_is_that_of_the_whole_report(tmp_path):
    report = write_sample(tmp_path)
    title = report.model_copy(update={"title": '"images":[', "notes": 'say "images":[] \\'})
    for one in (report, title, report.model_copy(update={"images": []})):
        text = write_data(one, tmp_path).read_text(encoding="utf-8")
        assert text == f"{one.model_dump_json(by_alias=True)}\n"
        assert Report.model_validate_json(text).images == one.images


def test_images_in_a_file_are_written_as_those_in_memory(tmp_path):
    report = write_sample(tmp_path / "report")
    kept = keep_images(report.images, KeptFile(tmp_path))
    text = write_data(report, tmp_path).read_bytes()
    copy = report.model_copy(update={"images": kept})
    assert write_data(copy, tmp_path).read_bytes() == text
    # The schema of a sequence that may be in a file is that of a list.
    assert copy.model_dump_json() == report.model_dump_json()

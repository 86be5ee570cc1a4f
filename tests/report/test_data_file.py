"""report.json in pieces is the same text as in one."""

import json

from reportgen.report.data_file import write_data
from reportgen.results import Report
from reportgen.series import Series
from tests.report.sample import write_sample


def test_the_text_is_that_of_the_whole_report(tmp_path):
    report = write_sample(tmp_path)
    title = report.model_copy(update={"title": '"images":[', "notes": 'say "images":[] \\'})
    for one in (report, title, report.model_copy(update={"images": []})):
        text = write_data(one, tmp_path).read_text(encoding="utf-8")
        assert text == f"{one.model_dump_json(by_alias=True)}\n"
        assert Report.model_validate_json(text).images == one.images


def test_numbers_are_read_from_their_file(tmp_path):
    file = tmp_path / "numbers.json"
    file.write_text(json.dumps({"a": [{"b": [1.5, None]}]}))
    series = Series(file, "a", 0, "b")
    assert list(series) == [1.5, None]
    assert len(series) == 2
    assert series[0] == 1.5
    assert series == [1.5, None]

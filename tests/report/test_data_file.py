"""report.json in pieces is the same text as in one."""

import numpy as np
import pytest

from reportgen.report.data_file import write_data
from reportgen.results import Report
from reportgen.series import SeriesFile
from tests.report.sample import write_sample


def test_the_text_is_that_of_the_whole_report(tmp_path):
    report = write_sample(tmp_path)
    title = report.model_copy(update={"title": '"images":[', "notes": 'say "images":[] \\'})
    for one in (report, title, report.model_copy(update={"images": []})):
        text = write_data(one, tmp_path).read_text(encoding="utf-8")
        assert text == f"{one.model_dump_json(by_alias=True)}\n"
        assert Report.model_validate_json(text).images == one.images


def test_numbers_are_read_from_their_file(tmp_path):
    file = SeriesFile(tmp_path)
    numbers = [[1.5, None], [], [float(f"{value:.4g}") for value in np.random.normal(size=100)]]
    for values, series in [(values, file.add(values)) for values in numbers]:
        assert list(series) == values
        assert len(series) == len(values)
        assert series == values
        assert [series[at] for at in range(len(values))] == values
        assert series[-3:] == values[-3:]
        with pytest.raises(IndexError):
            series[len(values)]
    assert list(tmp_path.iterdir()) == []

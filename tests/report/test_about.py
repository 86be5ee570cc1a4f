"""The page about the report: what was changed from the defaults stands apart from the rest."""

from pathlib import Path

import pytest

from reportgen.config import Settings
from reportgen.report.site.writer import write_site
from tests.report.sample import write_sample


def test_settings_that_differ_from_the_defaults_stand_first_and_the_rest_is_folded(
    tmp_path: Path,
) -> None:
    report = write_sample(tmp_path, plan=[("conv", "Conv2D", "block", 4, 4)], names=["a.png"])
    settings = {**Settings.model_validate({}).for_report, "seed": 7}
    write_site(report.model_copy(update={"settings": settings}), tmp_path)
    text = (tmp_path / "about.html").read_text("utf-8").partition('id="about--settings"')[2]
    changed, _, folded = text.partition("<details")
    assert changed.count("<tr><th scope=") == 2  # the head and the seed
    assert "<code>seed</code></th><td>7</td>" in changed
    assert folded.count("<code>") > 20 and "<code>seed</code>" not in folded


@pytest.mark.slow
def test_every_image_has_its_digest_on_the_page(tmp_path: Path) -> None:
    report = write_sample(tmp_path, plan=[("conv", "Conv2D", "block", 4, 4)], names=["a.png"])
    write_site(report, tmp_path)
    text = (tmp_path / "about.html").read_text("utf-8").partition('id="about--digests"')[2]
    assert report.images[0].sha256 in text and report.model.sha256 in text

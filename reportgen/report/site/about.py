"""The page about how the report was made."""

from reportgen.config import Settings
from reportgen.records.report import Report
from reportgen.report.contexts import AboutPage, Fact
from reportgen.report.methods import methods
from reportgen.report.model_facts import environment_facts, file_size, setting_text
from reportgen.report.navigation import Here, Navigation
from reportgen.report.notes.html import page_notes
from reportgen.report.outline import Outline
from reportgen.wording import count, duration, number, sentence

MOST_SKIPPED = 150
MOST_DIGESTS = 50


def about_page(outline: Outline, navigation: Navigation) -> AboutPage:
    """The context of `about.html`."""
    report = outline.report
    changed, unchanged = _settings(report)
    return AboutPage(
        frame=navigation.frame(Here("about.html", "About this report", "About")),
        notes=page_notes(outline, "about.html", "about"),
        methods=tuple(methods(report)),
        preprocessing=sentence(report.model.preprocessing.reason),
        trials=tuple(
            Fact(trial.mode, f"{trial.correct} of {count(trial.images, 'image')}")
            for trial in report.model.preprocessing.trials
        ),
        statistics=tuple(
            Fact(statistic.mode, number(statistic.distance))
            for statistic in report.model.preprocessing.statistics
        ),
        skipped=tuple(
            Fact(item.name, sentence(item.reason), item.what)
            for item in report.skipped[:MOST_SKIPPED]
        ),
        warnings=tuple(sentence(text) for text in report.warnings[:MOST_SKIPPED]),
        settings=changed,
        default_settings=unchanged,
        environment=(
            Fact("Made by", report.generator),
            *environment_facts(report.environment),
            Fact("Model file", report.model.file, file_size(report.model)),
        ),
        digests=(
            Fact(report.model.file, report.model.sha256),
            *(Fact(image.name, image.sha256) for image in report.images[:MOST_DIGESTS]),
        ),
        digests_text=f"The first {MOST_DIGESTS:,} images; report.json has all."
        if len(report.images) > MOST_DIGESTS
        else "",
        timings=tuple(Fact(name, duration(value)) for name, value in report.timings.items()),
        timing_notes=tuple(sentence(text) for text in report.timing_notes),
        command=report.command,
    )


def _settings(report: Report) -> tuple[tuple[Fact, ...], tuple[Fact, ...]]:
    """The settings that differ from their defaults, and the others."""
    defaults = Settings.model_validate({}).for_report
    changed: list[Fact] = []
    unchanged: list[Fact] = []
    for name, value in sorted(report.settings.items()):
        same = name in defaults and defaults[name] == value
        (unchanged if same else changed).append(Fact(name, setting_text(value)))
    return tuple(changed), tuple(unchanged)

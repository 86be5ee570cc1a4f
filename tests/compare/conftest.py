"""The browser of the pages' tests."""

from tests.report.conftest import chromium

__all__ = ["chromium"]

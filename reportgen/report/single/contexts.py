"""What the template of the single file receives, under the name `page`."""

from dataclasses import dataclass

from markupsafe import Markup

from reportgen.report.contexts import Link


@dataclass(frozen=True)
class Sheet:
    """The content of one page of the site, as a part of the single file."""

    id: str
    """Anchor of the part."""
    title: str
    content: Markup
    """What the page has in `<main>`, its pictures inlined and its links leading within the file."""


@dataclass(frozen=True)
class SheetGroup:
    """A list of links in the side bar."""

    title: str
    links: tuple[Link, ...]


@dataclass(frozen=True)
class SinglePage:
    """`report.html`: the whole report in one file."""

    title: str
    author: str
    generator: str
    created: str
    """Day on which the report was made."""
    created_iso: str
    policy: str
    """The content security policy: styles and scripts are allowed by their hashes."""
    icon: str
    """The icon as a data URI."""
    style: Markup
    theme_script: Markup
    script: Markup
    """The script of the pages, after the numbers and the search index that it needs."""
    menu: tuple[Link, ...]
    in_bar: int
    """How many entries of the menu stand in the header; the others are in its list “More”."""
    groups: tuple[SheetGroup, ...]
    sheets: tuple[Sheet, ...]
    notes: tuple[str, ...]
    """What is shrunk or left out in this file."""

"""`reportgen docs`: the reference that the package carries, by topic."""

import difflib
import re
import sys
from pathlib import Path

import click

from reportgen.cli.streams import is_terminal, say
from reportgen.errors import SettingsError

DOCS = Path(__file__).resolve().parent.parent / "docs"


@click.command()
@click.argument("topic", required=False, metavar="[TOPIC]")
def docs(topic: str | None) -> None:
    """List the topics of the documentation, or show one."""
    topics = {page.stem: page for page in sorted(DOCS.glob("*.md"))}
    if topic is None:
        width = max(map(len, topics))
        for name, page in topics.items():
            title = page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
            say(f"{name:<{width}}  {title}", sys.stdout)
    elif topic in topics:
        _show(_without_comments(topics[topic].read_text(encoding="utf-8")))
    else:
        near = difflib.get_close_matches(topic.lower(), topics, 1, 0.4)
        hint = f"; did you mean “{near[0]}”?" if near else "."
        raise SettingsError(f"There is no topic “{topic}” ({', '.join(topics)}){hint}")


def _without_comments(markdown: str) -> str:
    return re.sub(r"<!--.*?-->\n?", "", markdown, flags=re.DOTALL)


def _show(markdown: str) -> None:
    """Print Markdown: typeset on a terminal, as it is elsewhere."""
    if not is_terminal(sys.stdout):
        click.echo(markdown, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(markdown))

"""Commands around the cache: show, check and clear it."""

import sys
from typing import TYPE_CHECKING

import click

from reportgen.cli.streams import say

if TYPE_CHECKING:
    from reportgen.execution.store import Store


@click.group()
def cache() -> None:
    """Show, check or clear the cache."""


cache_dir = click.option(
    "--cache-dir",
    metavar="DIR",
    help="Cache folder or address of a bucket; the user cache folder by default.",
)


@cache.command()
@cache_dir
def info(cache_dir: str | None) -> None:
    """Show the cache folder and its size."""
    store = _store(cache_dir)
    say(f"{store.place}: {_amount(*store.size())}", sys.stdout)


@cache.command()
@cache_dir
def clear(cache_dir: str | None) -> None:
    """Remove all cached work.

    Only files that reportgen wrote are removed.
    """
    store = _store(cache_dir)
    say(f"{store.place}: removed {_amount(*store.clear())}", sys.stdout)


@cache.command()
@cache_dir
@click.pass_context
def verify(ctx: click.Context, cache_dir: str | None) -> None:
    """Check all cached work against its checksums.

    Damaged work is removed, so that it is computed again; the exit code is 1 then.
    """
    store = _store(cache_dir)
    whole, damaged = store.verify()
    for key in damaged:
        say(f"damaged, removed: {key}", sys.stdout)
    say(f"{store.place}: {_results(whole)} as written, {len(damaged):,} damaged", sys.stdout)
    ctx.exit(1 if damaged else 0)


def _store(folder: str | None) -> "Store":
    from reportgen.execution.store import Store

    return Store(folder) if folder else Store.default()


def _amount(entries: int, size: int) -> str:
    return f"{_results(entries)}, {size / 1e6:.1f} MB"


def _results(count: int) -> str:
    return f"{count:,} {'result' if count == 1 else 'results'}"

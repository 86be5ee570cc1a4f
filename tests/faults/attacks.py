"""The attacks: each takes a world with a finished report, a random generator, and tries its fault.

Each raises FaultError when the program loses, invents or hides something, hangs, or shows a
traceback. They are told apart by name; `ATTACKS` holds all.
"""

import os
import random
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.faults.world import FaultError, World

Attack = Callable[[World, random.Random], None]

_LONGEST = 20.0
"""Seconds after which a kill comes at the latest."""


def kill(world: World, chance: random.Random) -> None:
    """A build is killed at a random moment; the old report or the new one is whole then."""
    old = world.contents()
    (world.folder / "report" / "mine.txt").write_text("mine")
    seconds = chance.uniform(0.1, _LONGEST)
    world.killed(seconds, *world.building("--title", "new"))
    _is_mine(world)
    world.run("verify", "report")  # puts in order what the kill has left; mine.txt is added
    found = {name: raw for name, raw in world.contents().items() if name != "mine.txt"}
    if found != old:
        (world.folder / "report" / "mine.txt").rename(world.folder / "mine.txt")
        world.whole()
        (world.folder / "mine.txt").rename(world.folder / "report" / "mine.txt")
    _succeeds(world, "--title", "new")
    _is_mine(world)
    left = [path.name for path in world.folder.iterdir() if path.name.startswith(".")]
    if left:
        raise FaultError(f"killed after {seconds:.2f} s, {left} is left beside the report")


def damaged_store(world: World, chance: random.Random) -> None:
    """Any byte of the store may change, any file be cut, gone or a pipe: the report is the same."""
    right = world.contents()
    files = sorted(path for path in (world.folder / "cache").glob("??/*/*") if path.is_file())
    for path in chance.sample(files, min(len(files), 6)):
        raw = path.read_bytes()
        kind = chance.choice(("digit", "bit", "cut", "gone", "empty", "pipe"))
        if kind == "digit" and any(48 <= byte < 58 for byte in raw):
            at = chance.choice([at for at, byte in enumerate(raw) if 48 <= byte < 58])
            raw = raw[:at] + bytes([48 + (raw[at] - 47) % 10]) + raw[at + 1 :]
        elif kind == "cut":
            raw = raw[: chance.randrange(len(raw) + 1)]
        elif kind == "empty":
            raw = b""
        elif raw:
            at = chance.randrange(len(raw))
            raw = raw[:at] + bytes([raw[at] ^ (1 << chance.randrange(8))]) + raw[at + 1 :]
        path.unlink()
        if kind == "pipe":
            os.mkfifo(path)
        elif kind != "gone":
            path.write_bytes(raw)
    shutil.rmtree(world.folder / "report")
    _succeeds(world)
    found = world.contents()
    names = sorted({*right, *found})
    if other := [name for name in names if right.get(name) != found.get(name)]:
        raise FaultError(f"a damaged store gave another report: {', '.join(other[:8])}")


def full_disk(world: World, chance: random.Random) -> None:
    """The disk is full at a random size: one sentence, and the old report stays.

    A small tmpfs where something can be mounted, else a limit on the size of files.
    """
    place = world.folder / "small"
    place.mkdir(exist_ok=True)
    size = chance.randrange(4_000, 400_000)
    mount = shutil.which("mount")
    mounted = mount and not subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=False,
        capture_output=True,
    ).returncode  # fmt: skip
    old = world.contents()
    try:
        if mounted:
            world.build(out="small/report", cache="small/cache")
        else:
            _limited(world, size)
        if (place / "report").exists():
            world.whole("small/report")
    finally:
        if mounted:
            subprocess.run([shutil.which("umount") or "umount", str(place)], check=True)
    if world.contents() != old:
        raise FaultError("a full disk changed another report")


def _limited(world: World, size: int) -> None:
    """A build that cannot write files longer than `size` bytes."""
    words = " ".join(world.building(out="small/report", cache="small/cache"))
    script = f"ulimit -f {max(1, size // 1024)}; trap '' XFSZ; exec reportgen {words}"
    subprocess.run(["/bin/sh", "-c", script], cwd=world.folder, check=False, timeout=240)


def mutated_model(world: World, chance: random.Random) -> None:
    """A model with some other bytes opens, or is refused with a sentence."""
    for name in ("model.keras", "model.h5"):
        raw = bytearray((world.folder / name).read_bytes())
        _mutate(raw, chance)
        (world.folder / f"mutated-{name}").write_bytes(raw)
        world.run("inspect", f"mutated-{name}", "--no-cache")


def mutated_images(world: World, chance: random.Random) -> None:
    """Images with some other bytes are shown or skipped with a reason."""
    place = world.folder / "mutated"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    sources = sorted((world.folder / "photos").rglob("*.*"))
    for number in range(12):
        source = chance.choice(sources)
        raw = bytearray(source.read_bytes())
        _mutate(raw, chance)
        (place / f"{number}{source.suffix}").write_bytes(raw)
    shutil.copy(sources[0], place / "whole.png")
    words = world.building(out="other")
    done = world.run(*("mutated" if word == "photos" else word for word in words))
    if done.code:
        raise FaultError(f"one whole image among damaged ones gave no report: {done.said[-500:]}")
    world.whole("other")


def _mutate(raw: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 1, 3, 20))):
        if not raw:
            return
        at = chance.randrange(len(raw))
        kind = chance.choice(("bit", "byte", "cut", "double", "zero"))
        if kind == "bit":
            raw[at] ^= 1 << chance.randrange(8)
        elif kind == "byte":
            raw[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))
        elif kind == "cut":
            del raw[at : at + chance.choice((1, 16, len(raw)))]
        elif kind == "double":
            raw[at:at] = raw[at : at + 16]
        else:
            raw[at : at + 8] = bytes(len(raw[at : at + 8]))


def tampered_bundle(world: World, chance: random.Random) -> None:
    """A bundle in which anything was changed is never found whole."""
    bundle = world.folder / "bundle.zip"
    done = world.run("export", "report", "-o", "bundle.zip", "--force")
    if done.code or world.run("verify", "bundle.zip").code:
        raise FaultError("a bundle as it was made is not whole")
    raw = bundle.read_bytes()
    kind = chance.choice(("bit", "before", "after", "cut"))
    if kind == "bit":
        with zipfile.ZipFile(bundle) as zipped:
            one = chance.choice([info for info in zipped.infolist() if info.compress_size])
        # Inside a file's content: of headers some bytes mean nothing, such as dates.
        start = one.header_offset + 30 + len(one.filename.encode())
        changed = bytearray(raw)
        changed[start + chance.randrange(one.compress_size)] ^= 1 << chance.randrange(8)
        bundle.write_bytes(changed)
    elif kind == "before":
        bundle.write_bytes(b"more" + raw)
    elif kind == "after":
        bundle.write_bytes(raw + b"more")
    else:
        bundle.write_bytes(raw[: chance.randrange(len(raw))])
    if not world.run("verify", "bundle.zip").code:
        raise FaultError(f"a tampered bundle ({kind}) is found whole")


def special_files(world: World, chance: random.Random) -> None:
    """A pipe, a device, a folder or a link to itself as any file: a sentence, never a hang."""
    pipe, loop = world.folder / "pipe.png", world.folder / "loop"
    if not pipe.exists():
        os.mkfifo(pipe)
        loop.symlink_to("loop")
    special = chance.choice(("pipe.png", "/dev/zero", "/dev/null", "photos", "loop", "x" * 300))
    option = chance.choice(("--labels", "--notes", "--config", "--custom-objects", "--weights",
                            "--input", "model", "image"))  # fmt: skip
    words = list(world.building(out="other"))
    if option == "model":
        words[1] = special
    elif option == "image":
        words.insert(3, special)
    elif option == "--input":
        words += [option, f"x={special}"]
    else:
        words += [option, special]
    world.run(*words)


def _succeeds(world: World, *more: str) -> None:
    done = world.build(*more)
    if done.code:
        raise FaultError(f"the next build fails: {done.said[-500:]}")


def _is_mine(world: World) -> None:
    mine = world.folder / "report" / "mine.txt"
    aside = [path for path in world.folder.glob(".report-*/**/mine.txt") if path.is_file()]
    if not mine.is_file() and not aside:
        raise FaultError("a file of somebody else is lost")


ATTACKS: dict[str, Attack] = {
    attack.__name__: attack
    for attack in (
        *(kill, damaged_store, full_disk, mutated_model),
        *(mutated_images, tampered_bundle, special_files),
    )
}


def attack(name: str, seed: int, finished: World, folder: Path) -> None:
    """Try an attack of a seed on a copy of a finished world; raises FaultError."""
    from tests.faults.world import copy_of

    ATTACKS[name](copy_of(finished, folder), random.Random(f"{name} {seed}"))  # noqa: S311

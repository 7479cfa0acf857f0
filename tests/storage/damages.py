"""Damage to a file: what disks, transfers and mistaken copies do."""

import random
from collections.abc import Callable
from pathlib import Path

Damage = Callable[[Path, random.Random], None]


def truncated(file: Path, chance: random.Random) -> None:
    """Cut it off somewhere."""
    content = file.read_bytes()
    file.write_bytes(content[: chance.randrange(len(content))])


def emptied(file: Path, chance: random.Random) -> None:
    """Remove its content."""
    file.write_bytes(b"")


def flipped(file: Path, chance: random.Random) -> None:
    """Flip one bit."""
    content = bytearray(file.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    file.write_bytes(content)


def zeroed(file: Path, chance: random.Random) -> None:
    """Replace a part of it by zeros, as a lost block of a disk."""
    content = file.read_bytes()
    start = chance.randrange(len(content))
    end = min(len(content), start + chance.randint(1, 4096))
    file.write_bytes(content[:start] + bytes(end - start) + content[end:])


def unreadable(file: Path, chance: random.Random) -> None:
    """Put a folder in its place, which no process can read, whatever its rights."""
    file.unlink()
    file.mkdir()


KINDS: tuple[Damage, ...] = (truncated, emptied, flipped, zeroed, unreadable)

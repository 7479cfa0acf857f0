"""How many tags break the scheme that a dataset is written in: BIO, IOB1 or BIOES (BILOU)."""

from collections.abc import Mapping, Sequence

_ENDS = {"E", "L"}
_SINGLES = {"S", "U"}


def broken_tags(sentences: Mapping[tuple[str, ...], int]) -> int:
    """Tags that do not fit the scheme which the other tags suggest.

    Args:
        sentences: tag sequences, and how often each occurs.

    The scheme is BIOES or BILOU if any tag says that an entity ends or stands alone; IOB1 if B- only ever separates two
    entities of one type; else BIO.
    """
    prefixes = {_parts(tag)[0] for tags in sentences for tag in tags}
    if prefixes & (_ENDS | _SINGLES):
        return sum(count * _broken_ends(tags) for tags, count in sentences.items())
    needless = sum(count * _count(tags, "B", follows=False) for tags, count in sentences.items())
    loose = sum(count * _count(tags, "I", follows=False) for tags, count in sentences.items())
    unknown = sum(
        count * sum(_parts(tag)[0] not in ("B", "I", "O") for tag in tags) for tags, count in sentences.items()
    )
    return unknown + (loose if needless else 0)


def _parts(tag: str) -> tuple[str, str]:
    prefix, dash, name = str(tag).partition("-")
    return (prefix, name) if dash or tag == "O" else ("", str(tag))


def _count(tags: Sequence[str], prefix: str, *, follows: bool) -> int:
    """Tags of a prefix that stand, or do not stand, behind a tag of their own type."""
    found, previous = 0, ""
    for letter, name in map(_parts, tags):
        found += letter == prefix and (name == previous) == follows
        previous = name if letter != "O" else ""
    return found


def _broken_ends(tags: Sequence[str]) -> int:
    """Places of a BIOES sequence where a tag cannot follow the one before it."""
    found, open_name = 0, ""  # the type of an entity that has begun and not ended
    for letter, name in [*map(_parts, tags), ("O", "")]:
        inside = letter == "I" or letter in _ENDS
        known = letter in {"B", "I", "O"} | _ENDS | _SINGLES
        found += not known or (name != open_name or not open_name if inside else bool(open_name))
        open_name = name if letter in ("B", "I") else ""
    return found

"""Number of tags that violate a dataset's tagging scheme: BIO, IOB1 or BIOES (BILOU)."""

from collections.abc import Mapping, Sequence

_ENDS = {"E", "L"}
_SINGLES = {"S", "U"}


def broken_tags(sentences: Mapping[tuple[str, ...], int]) -> int:
    """Number of tags that violate the scheme inferred from all tags.

    Args:
        sentences: tag sequences and their counts.

    The scheme is BIOES or BILOU if any tag marks an entity's end or a single-word entity; IOB1 if B- only separates
    adjacent entities of one type; else BIO.
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
    """Number of tags with a prefix that do, or do not, follow a tag of the same type."""
    found, previous = 0, ""
    for letter, name in map(_parts, tags):
        found += letter == prefix and (name == previous) == follows
        previous = name if letter != "O" else ""
    return found


def _broken_ends(tags: Sequence[str]) -> int:
    """Number of invalid transitions in a BIOES sequence."""
    found, open_name = 0, ""  # the type of the open entity
    for letter, name in [*map(_parts, tags), ("O", "")]:
        inside = letter == "I" or letter in _ENDS
        known = letter in {"B", "I", "O"} | _ENDS | _SINGLES
        found += not known or (name != open_name or not open_name if inside else bool(open_name))
        open_name = name if letter in ("B", "I") else ""
    return found

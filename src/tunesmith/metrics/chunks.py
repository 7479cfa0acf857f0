"""Entities of a sentence's tags, as conlleval (Tjong Kim Sang & Buchholz, 2000) and seqeval (Nakayama, 2018) read them."""

import functools
from collections.abc import Sequence

import numpy as np

from tunesmith.metrics.strict_entities import StrictScheme, strict_entities
from tunesmith.metrics.tag_schemes import Scheme

Chunk = tuple[str, int, int]  # type, first and last word


def chunks(tags: Sequence[str]) -> list[Chunk]:
    """Entities of a sentence by conlleval's rules, well-formed or not: seqeval's default mode.

    Reads BIO, IOB1 and BIOES. An I- or E- starts an entity if none of its type is open; an unknown prefix continues an
    entity of its type, or else starts one.
    """
    found: list[Chunk] = []
    before, kind, first = "O", "", 0
    for place, tag in enumerate([*tags, "O"]):
        prefix, name = parts(tag)
        if before in ENDS or (before in OPEN and prefix in CLOSES) or (before not in NONE and kind != name):
            found.append((kind, first, place - 1))
        if prefix in BEGINS or (before in OUT and prefix in CONTINUES) or (prefix not in NONE and kind != name):
            first = place
        before, kind = prefix, name
    return found


# Prefixes by their meaning at the boundary between two words.
ENDS, OPEN, CLOSES, NONE = "ES", "BI", "BSO", "O."
BEGINS, OUT, CONTINUES = "BS", "ESO", "EI"


def strict_chunks(tags: Sequence[str], scheme: StrictScheme = "bio") -> list[Chunk]:
    """Well-formed entities of a sentence: seqeval's strict mode; BIO is its IOB2, and BIOES its IOBES."""
    split = [parts(tag) for tag in [*tags, "O"]]
    names = sorted({name for _, name in split})
    kinds = np.array([names.index(name) for _, name in split])
    first, last = strict_entities(np.array([prefix for prefix, _ in split]), kinds, scheme)
    return [(split[start][1], start, end) for start, end in zip(first.tolist(), last.tolist(), strict=True)]


def to_bio(tags: Sequence[str], scheme: Scheme | None = None) -> list[str]:
    """A sentence's tags converted to BIO, read as by conlleval, which keeps the entities of every scheme.

    Args:
        tags: with prefixes, of which BILOU's L is read as E and U as S, and BMES' M as I; or bare types.
        scheme: "bare" for types without prefixes; else it makes no difference.
    """
    if scheme == "bare":
        read = [tag if tag == "O" else f"I-{tag}" for tag in tags]
    else:
        read = [_SAME_AS.get(tag[:1], tag[:1]) + tag[1:] for tag in tags]
    written = ["O"] * len(tags)
    for kind, first, last in chunks(read):
        written[first : last + 1] = [f"B-{kind}"] + [f"I-{kind}"] * (last - first)
    return written


_SAME_AS = {"L": "E", "U": "S", "M": "I"}


@functools.lru_cache(maxsize=4096)  # a dataset has few different tags
def parts(tag: str) -> tuple[str, str]:
    """Prefix and type as seqeval splits them: the first letter, and the text after the first dash that follows."""
    return tag[:1], tag[1:].split("-", maxsplit=1)[-1] or "_"

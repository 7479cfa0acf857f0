"""Well-formed entities of each tagging scheme: seqeval's strict mode (Nakayama, 2018), over all sentences at once."""

from typing import Literal

import numpy as np

StrictScheme = Literal["bio", "iob1", "ioe1", "ioe2", "bioes", "bilou"]


def strict_entities(prefix: np.ndarray, kind: np.ndarray, scheme: StrictScheme) -> tuple[np.ndarray, np.ndarray]:
    """First and last positions of the entities in a row of words.

    Args:
        prefix: (words,) letters; sentences are followed by an O.
        kind: (words,) types, as numbers.
        scheme: the scheme that the tags should follow.
    """
    before = np.concatenate([["O"], prefix[:-1]])
    same = np.concatenate([[False], kind[1:] == kind[:-1]])
    begins, inside, ends = _boundaries(before, prefix, same, scheme)
    # A stretch is a word and all that continue it. Its entity is from its first beginning on, if it ends well.
    stretch = np.cumsum(~inside) - 1
    limits = np.append(np.flatnonzero(~inside), len(prefix))
    places = np.flatnonzero(begins)
    numbers, earliest = np.unique(stretch[places], return_index=True)
    first, behind = places[earliest], limits[numbers + 1]
    kept = ends[behind]
    return first[kept], behind[kept] - 1


def _boundaries(
    before: np.ndarray, prefix: np.ndarray, same: np.ndarray, scheme: StrictScheme
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether an entity can begin with a word, continue with it, and have ended before it.

    Args:
        before: prefix of the word before; `same`: whether that has the same type.
    """
    is_in, was_in = prefix == "I", before == "I"
    if scheme in ("bio", "iob1"):
        inside = is_in & same & _among(before, "BI")
        if scheme == "bio":
            return prefix == "B", inside, _among(before, "BI")
        begins = (is_in & ~(was_in & same)) | ((prefix == "B") & _among(before, "BI") & same)
        return begins, inside, _among(before, "BI") & ~((before == "B") & (prefix == "B") & ~same)
    if scheme in ("ioe1", "ioe2"):
        inside = was_in & same & _among(prefix, "IE")
        if scheme == "ioe2":
            return _among(prefix, "IE") & ~inside, inside, before == "E"
        ended = (before == "E") & same
        begins = (is_in & ~(was_in & same)) | ((prefix == "E") & ended)
        return begins, inside, was_in | (_among(prefix, "IE") & ended)
    end, single = ("E", "S") if scheme == "bioes" else ("L", "U")
    inside = _among(before, "BI") & same & _among(prefix, "I" + end)
    return _among(prefix, "B" + single), inside, _among(before, end + single)


def _among(prefixes: np.ndarray, letters: str) -> np.ndarray:
    return np.isin(prefixes, list(letters))

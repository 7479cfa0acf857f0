"""Tagging schemes of entities: which tags each one has, which one a dataset certainly follows, and tags that violate it."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal

Scheme = Literal["bio", "iob1", "ioe1", "ioe2", "bioes", "bmes", "bilou", "bare"]

# Prefixes of a type, besides O. A bare type has none: each run of one type is an entity.
PREFIXES: dict[Scheme, str] = {
    "bio": "BI",
    "iob1": "BI",
    "ioe1": "IE",
    "ioe2": "IE",
    "bioes": "BIES",
    "bmes": "BMES",
    "bilou": "BILU",
}
_ENDS = {"E", "L"}
_SINGLES = {"S", "U"}
_INSIDE = {"I", "M"}


def check_scheme(tags: Collection[str], scheme: Scheme | None) -> None:
    """Check that tags are those of a scheme, or of any scheme that has prefixes, so that entities are certain.

    Args:
        tags: the distinct tags of a dataset.
        scheme: the scheme; None to recognise it.

    Raises:
        ValueError: with some of the tags, what they may be, and the remedy.
    """
    given = sorted(set(tags))
    if scheme == "bare":
        if "O" not in given:
            raise ValueError(f"no tag is O among {_some(given)}; expected O for words outside of entities")
        for form, remedy in ((r"B-(.+)", "dataset.scheme=null"), (r"(.+)-B", "dataset.suffix=true")):
            for begin in filter(None, (re.fullmatch(form, tag) for tag in given)):
                inside = begin[0].replace("B-", "I-", 1) if form[0] == "B" else f"{begin[1]}-I"
                if inside in given:
                    raise ValueError(
                        f"the tags {begin[0]!r}, {inside!r} are no bare types; set {remedy} instead of dataset.scheme=bare"
                    )
        return
    families = list(PREFIXES.values()) if scheme is None else [PREFIXES[scheme]]
    if any(_all_of(given, letters) for letters in families):
        return
    letters = "".join(families)
    wrong = [tag for tag in given if not (_is_typed(tag, letters) or _is_untyped(tag, letters))] or given
    name = "a scheme such as BIO or BIOES" if scheme is None else f"dataset.scheme={scheme}"
    example = ", ".join(f"{letter}-PER" for letter in (PREFIXES[scheme] if scheme else "BI"))
    raise ValueError(
        f"the {'tags' if len(wrong) > 1 else 'tag'} {_some(wrong)} {'are' if len(wrong) > 1 else 'is'} not of {name}; "
        f"expected O and tags such as {example}. {'; '.join(_remedies(wrong, letters))}"
    )


def _all_of(tags: Collection[str], letters: str) -> bool:
    """Whether all tags are O or a prefix of `letters` with a type; or O or a prefix alone, B or I among them."""
    if all(_is_typed(tag, letters) for tag in tags):
        return True
    return all(_is_untyped(tag, letters) for tag in tags) and bool({"B", "I"} & set(tags))


def _is_typed(tag: str, letters: str) -> bool:
    return tag == "O" or (tag[:1] in set(letters) and tag[1:2] == "-" and tag == tag.strip() and len(tag) > 2)


def _is_untyped(tag: str, letters: str) -> bool:
    return tag == "O" or (len(tag) == 1 and tag in letters)


def _some(tags: Sequence[str]) -> str:
    return ", ".join(map(repr, tags[:6])) + (f" and {len(tags) - 6} more" if len(tags) > 6 else "")


def _remedies(wrong: Sequence[str], letters: str) -> Iterator[str]:
    """What the tags may be, and what to do."""
    for tag in wrong:
        if tag in ("o", "0"):
            yield f"Write O, not {tag}"
            return
        if found := re.fullmatch(r"([BIESLUMbieslum])([-_/:.|])(\S+)", tag):
            prefix, separator, name = found.groups()
            if prefix.upper() in letters and (prefix.islower() or separator != "-"):
                yield f"Write {prefix.upper()}-{name}, not {tag}"
                return
        if found := re.fullmatch(r"(\S+)-([BIESLUM])", tag):
            yield f"Set dataset.suffix=true if the prefix comes last, so that {tag} is {found[2]}-{found[1]}"
            return
        if found := re.fullmatch(r"(\S+)[_/:.|]([BIESLUM])", tag):
            yield f"Write the prefix first: {found[2]}-{found[1]}, not {tag}"
            return
    if all(_is_typed(tag, "BIESLUM") or _is_untyped(tag, "BIESLUM") for tag in wrong):
        yield "Write all tags in one scheme, with a type after each prefix or none"
        return
    yield "Set dataset.scheme=bare if each run of a type is an entity"
    yield "dataset.entities=false if tags are labels of single words, such as parts of speech"


def prefix_first(tag: str) -> str:
    """`B-PER` for `PER-B`, as seqeval reads it with suffix=True; O and tags without a type stay.

    Raises:
        ValueError: if the tag does not end with the prefix of a scheme.
    """
    if found := re.fullmatch(r"(?:(.+)-)?([BIESLUM])|O", tag, flags=re.DOTALL):
        return f"{found[2]}-{found[1]}" if found[1] else tag
    raise ValueError(f"the tag {tag!r} is not of dataset.suffix=true; expected O and tags such as PER-B, PER-I")


def bio_names(tags: Iterable[str]) -> tuple[str, ...]:
    """O, then B- and I- of each type that occurs in BIO tags, in alphabetical order."""
    types = sorted({tag[2:] for tag in tags if tag != "O"})
    return ("O", *(f"{prefix}-{name}" for name in types for prefix in "BI"))


def broken_tags(sentences: Mapping[tuple[str, ...], int], scheme: Scheme | None = None) -> int:
    """Number of tags that violate the scheme.

    Args:
        sentences: tag sequences and their counts.
        scheme: the scheme; None to infer it from all tags: IOE if E- and I- are the only prefixes; BIOES, BMES or BILOU if
            any other tag marks an entity's end or a single-word entity; IOB1 (IOE1) if B- (E-) only separates adjacent
            entities of one type; else BIO (IOE2).
    """
    prefixes = {_parts(tag)[0] for tags in sentences for tag in tags}
    if scheme == "bare":
        return 0
    if scheme in ("ioe1", "ioe2") or (scheme is None and "E" in prefixes and prefixes <= {"O", "I", "E"}):
        # IOE is BIO read from the end.
        sentences = {tuple(_begin(tag) for tag in reversed(tags)): count for tags, count in sentences.items()}
    elif scheme in ("bioes", "bmes", "bilou") or (scheme is None and prefixes & (_ENDS | _SINGLES)):
        return sum(count * _broken_ends(tags) for tags, count in sentences.items())
    needless = sum(count * _count(tags, "B") for tags, count in sentences.items())
    loose = sum(count * _count(tags, "I") for tags, count in sentences.items())
    unknown = sum(
        count * sum(_parts(tag)[0] not in ("B", "I", "O") for tag in tags) for tags, count in sentences.items()
    )
    if scheme in ("iob1", "ioe1"):
        return unknown + needless
    return unknown + (loose if needless or scheme is not None else 0)


def _parts(tag: str) -> tuple[str, str]:
    """Prefix and type: `_` for a prefix without one, and none for O."""
    prefix, _, name = tag.partition("-")
    return prefix, name or ("" if tag == "O" else "_")


def _begin(tag: str) -> str:
    return "B" + tag[1:] if tag[:1] == "E" else tag


def _count(tags: Sequence[str], prefix: str) -> int:
    """Number of tags with a prefix that do not follow a tag of the same type."""
    found, previous = 0, ""
    for letter, name in map(_parts, tags):
        found += letter == prefix and name != previous
        previous = name
    return found


def _broken_ends(tags: Sequence[str]) -> int:
    """Number of invalid transitions in a BIOES sequence."""
    found, open_name = 0, ""  # the type of the open entity
    for letter, name in [*map(_parts, tags), ("O", "")]:
        inside = letter in _INSIDE or letter in _ENDS
        known = letter in {"B", "O"} | _INSIDE | _ENDS | _SINGLES
        found += not known or (name != open_name if inside else bool(open_name))
        open_name = name if letter == "B" or letter in _INSIDE else ""
    return found

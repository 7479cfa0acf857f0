"""Tagging schemes against seqeval, and against all taggings that a scheme can write."""

import itertools

import pytest
from seqeval.metrics.sequence_labeling import get_entities

from tests.metrics.test_entities import ANY, random_tags, write
from tunesmith.metrics.tag_schemes import PREFIXES, bio_names, broken_tags, check_scheme, prefix_first

BARE = (
    "Set dataset.scheme=bare if each run of a type is an entity; dataset.entities=false if tags are labels of single words, "
    "such as parts of speech"
)
ONE = "Write all tags in one scheme, with a type after each prefix or none"


@pytest.mark.parametrize(
    "tags,scheme,wrong,remedy",
    [
        ("O PER LOC", None, "tags 'LOC', 'PER' are", BARE),
        ("O BPER", None, "tag 'BPER' is", BARE),
        ("O B- I-", None, "tags 'B-', 'I-' are", BARE),
        ("O X-PER B-PER", None, "tag 'X-PER' is", BARE),
        ("O PER-X I-PER", None, "tag 'PER-X' is", BARE),
        ("O _ B-X", None, "tag '_' is", BARE),
        ("O X", None, "tag 'X' is", BARE),
        ("O B_ _I", None, "tags 'B_', '_I' are", BARE),
        ("O B-PER NO", None, "tag 'NO' is", BARE),
        ("O a b c d e f g h", None, "tags 'a', 'b', 'c', 'd', 'e', 'f' and 2 more are", BARE),
        ("o B-PER", None, "tag 'o' is", "Write O, not o"),
        ("0 B-PER", None, "tag '0' is", "Write O, not 0"),
        ("O b-PER", None, "tag 'b-PER' is", "Write B-PER, not b-PER"),
        ("O s/PER", None, "tag 's/PER' is", "Write S-PER, not s/PER"),
        ("O B_PER I_PER", None, "tags 'B_PER', 'I_PER' are", "Write B-PER, not B_PER"),
        (
            "O PER-B PER-I",
            None,
            "tags 'PER-B', 'PER-I' are",
            "Set dataset.suffix=true if the prefix comes last, so that PER-B is B-PER",
        ),
        ("O PER_B PER_I", None, "tags 'PER_B', 'PER_I' are", "Write the prefix first: B-PER, not PER_B"),
        ("O B-PER L-PER E-PER", None, "tags 'B-PER', 'E-PER', 'L-PER', 'O' are", ONE),
        ("O B I-PER", None, "tags 'B', 'I-PER', 'O' are", ONE),
        ("O S", None, "tags 'O', 'S' are", ONE),
        ("O B-PER S-PER", "bio", "tag 'S-PER' is", ONE),
        ("O B_PER S_PER", "bio", "tags 'B_PER', 'S_PER' are", "Write B-PER, not B_PER"),
        ("O S_PER PER_B", "bio", "tags 'PER_B', 'S_PER' are", "Write the prefix first: B-PER, not PER_B"),
        ("O S_PER", "bio", "tag 'S_PER' is", BARE),
        ("O PER", "bmes", "tag 'PER' is", BARE),
        ("O U", "bilou", "tags 'O', 'U' are", ONE),
    ],
)
def test_what_is_no_scheme_for_certain_is_refused_with_a_remedy(tags, scheme, wrong, remedy):
    name = "a scheme such as BIO or BIOES" if scheme is None else f"dataset.scheme={scheme}"
    such = {"bmes": "B-PER, M-PER, E-PER, S-PER", "bilou": "B-PER, I-PER, L-PER, U-PER"}.get(scheme, "B-PER, I-PER")
    with pytest.raises(ValueError) as caught:
        check_scheme(tags.split(), scheme)
    assert str(caught.value) == f"the {wrong} not of {name}; expected O and tags such as {such}. {remedy}"


@pytest.mark.parametrize(
    "tags,message",
    [
        (
            "O PER-B PER-I",
            "the tags 'PER-B', 'PER-I' are no bare types; set dataset.suffix=true instead of dataset.scheme=bare",
        ),
        (
            "O B-PER I-PER",
            "the tags 'B-PER', 'I-PER' are no bare types; set dataset.scheme=null instead of dataset.scheme=bare",
        ),
        (
            "O B-B-1 I-B-1",
            "the tags 'B-B-1', 'I-B-1' are no bare types; set dataset.scheme=null instead of dataset.scheme=bare",
        ),
        ("o PER", "no tag is O among 'PER', 'o'; expected O for words outside of entities"),
        ("a b c d e f", "no tag is O among 'a', 'b', 'c', 'd', 'e', 'f'; expected O for words outside of entities"),
        (
            "a b c d e f g",
            "no tag is O among 'a', 'b', 'c', 'd', 'e', 'f' and 1 more; expected O for words outside of entities",
        ),
        (
            "a b c d e f g h",
            "no tag is O among 'a', 'b', 'c', 'd', 'e', 'f' and 2 more; expected O for words outside of entities",
        ),
    ],
)
def test_what_are_no_bare_types_is_refused(tags, message):
    with pytest.raises(ValueError) as caught:
        check_scheme(tags.split(), "bare")
    assert str(caught.value) == message


@pytest.mark.parametrize("tags", ["O PER", "O", "O B-52 A-B", "O B-PER PER-I", "O B-PER I-LOC"])
def test_any_names_beside_o_may_be_bare_types(tags):
    check_scheme(tags.split(), "bare")


@pytest.mark.parametrize(
    "tags,scheme,expected",
    [
        ("I-A E-A E-A O I-A", "ioe2", 1),
        ("I-A E-A O I-A", "ioe1", 1),  # nothing follows the E
        ("I-A B-A", "iob1", 0),
        ("B-A I-A", "iob1", 1),
        ("I-A", "bio", 1),
        ("B M E S O M", "bmes", 2),  # neither begins nor ends
        ("U B L L", "bilou", 1),
        ("A B O", "bare", 0),
    ],
)
def test_tags_that_violate_a_given_scheme(tags, scheme, expected):
    assert broken_tags({tuple(tags.split()): 1}, scheme) == expected


@pytest.mark.parametrize(
    "tags,expected",
    [
        ("B-A I-A O B-A", 0),
        ("B-A I-B O I-A", 2),  # BIO with two violations
        ("I-A I-A B-A O I-B", 0),  # IOB1
        ("B-A E-A S-A O B-A I-A L-A", 0),
        ("B-A O S-A I-A", 3),  # BIOES: one does not end, one neither begins nor ends
        ("B-A X-A PER", 2),
        ("B-A M-A O M-A", 2),  # nothing ends, so it is BIO, which has no M
    ],
)
def test_broken_tags_are_counted(tags, expected):
    assert broken_tags({tuple(tags.split()): 3}) == 3 * expected


@pytest.mark.parametrize("scheme", PREFIXES)
def test_no_tag_is_broken_if_and_only_if_the_scheme_can_write_them(scheme):
    """All tag sequences of four words and two types, against all that any entities are written as."""
    tags = ["O", *(f"{prefix}-{kind}" for kind in "XY" for prefix in PREFIXES[scheme])]
    written = {tuple(write(4, found, scheme)) for found in all_entities(4, "XY")}
    for sequence in itertools.product(tags, repeat=4):
        assert (broken_tags({sequence: 1}, scheme) == 0) == (sequence in written)


def all_entities(words, kinds, start=0):
    """Every list of entities (type, first, last) that do not overlap."""
    if start == words:
        yield []
        return
    yield from all_entities(words, kinds, start + 1)
    for last in range(start, words):
        for kind in kinds:
            for found in all_entities(words, kinds, last + 1):
                yield [(kind, start, last), *found]


def test_a_prefix_that_comes_last_is_read_as_by_seqeval():
    tags = [tag for tag in ANY if tag[0] in "OBIES" and tag not in ("B-", "PER")]
    for first in random_tags(tags, 3_000, seed=12):
        last = ["-".join(reversed(tag.split("-", 1))) for tag in first]
        assert [prefix_first(tag) for tag in last] == first
        typed = [tag if "-" in tag or tag == "O" else f"PER-{tag}" for tag in last]
        assert get_entities([prefix_first(tag) for tag in typed]) == get_entities(typed, suffix=True)
    assert prefix_first("a\nb-B") == "B-a\nb" and prefix_first("L") == "L" and prefix_first("E-MAIL-U") == "U-E-MAIL"


@pytest.mark.parametrize("tag", ["PER", "B-PER", "PER-X", "PER-b", "PER_B", "-B", "PER-B ", "PER-BI", "", "o", "OO"])
def test_a_tag_without_a_prefix_at_its_end_is_refused(tag):
    with pytest.raises(ValueError) as caught:
        prefix_first(tag)
    expected = f"the tag {tag!r} is not of dataset.suffix=true; expected O and tags such as PER-B, PER-I"
    assert str(caught.value) == expected


def test_both_tags_of_every_type_are_names():
    assert bio_names(["O", "I-B", "B-A-Z", "I-B", "B-B"]) == ("O", "B-A-Z", "I-A-Z", "B-B", "I-B")
    assert bio_names(["B-_"]) == ("O", "B-_", "I-_") and bio_names([]) == ("O",)

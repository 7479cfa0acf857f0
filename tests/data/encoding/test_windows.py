"""Windows are as long as they can be and overlap as told; where they are joined nothing new is made up."""

import itertools
import random

import pytest

from tunesmith.data.encoding.windows import cut, join


def test_windows_cover_all_words_with_the_right_overlap():
    generator = random.Random(0)
    for _ in range(2000):
        tokens = [generator.choice([1, 1, 1, 2, 3, 9]) for _ in range(generator.randint(1, 40))]
        capacity, shared = generator.randint(4, 20), generator.randint(0, 6)
        shared = min(shared, capacity // 2)
        windows = cut(tokens, capacity=capacity, shared=shared)
        assert windows[0][0] == 0 and windows[-1][1] == len(tokens)
        for first, last in windows:
            assert sum(tokens[first:last]) <= capacity or last == first + 1
            assert last == len(tokens) or sum(tokens[first : last + 1]) > capacity  # no further word fits
        for (first, last), (again, end) in itertools.pairwise(windows):
            assert first < again <= last < end and sum(tokens[again:last]) <= shared
            # One more shared word would be the whole window, too much, or leave no room for a new one.
            more = sum(tokens[again - 1 : last])
            assert again - 1 == first or more > shared or more + tokens[last] > capacity


@pytest.mark.parametrize(
    "parts,expected",
    [
        ([(0, [1, 2, 3])], [1, 2, 3]),
        ([(0, [1, 2, 3]), (3, [4])], [1, 2, 3, 4]),
        ([(0, [1, 2, 3, 9]), (2, [3, 4, 5])], [1, 2, 3, 4, 5]),  # joined at the 3
        ([(0, [1, 8, 8]), (1, [7, 7, 5])], [1, 8, 7, 5]),  # no agreement: joined in the middle
        ([(0, [1, 8, 8, 8]), (1, [7, 7, 7, 5])], [1, 8, 7, 7, 5]),  # of three words the first window keeps one
        ([(0, [1, 2]), (1, [2, 3, 4]), (3, [4, 5])], [1, 2, 3, 4, 5]),
    ],
)
def test_merging_of_windows(parts, expected):
    assert join(parts) == expected


def test_windows_are_joined_at_the_agreement_nearest_to_the_middle():
    """All pairs of overlaps of up to five words with two tags."""
    for shared in range(6):
        for one, other in itertools.product(itertools.product((0, 1), repeat=shared), repeat=2):
            joined = join([(0, [7, *one]), (1, [*other, 8])])
            # All sentences that take the words before some place from one window and the others from the other.
            seams = [[7, *one[:seam], *other[seam:], 8] for seam in range(shared + 1)]
            agreed = [seam for seam in range(shared) if one[seam] == other[seam]]
            if not agreed:
                assert joined == seams[shared // 2]
                continue
            distances = {seam: abs(2 * seam - (shared - 1)) for seam in agreed}  # twice that from the middle
            assert joined == seams[min(seam for seam in agreed if distances[seam] == min(distances.values()))]
            pairs = {*itertools.pairwise([7, *one]), *itertools.pairwise([*other, 8])}
            assert set(itertools.pairwise(joined)) <= pairs  # so what is well-formed in both windows stays so

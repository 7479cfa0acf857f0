"""Windows cover every word, stay within the maximum length, and are merged where they agree."""

import itertools
import random

import pytest

from tunesmith.data.encoding.windows import cut, join


def test_windows_cover_all_words_with_the_right_overlap():
    generator = random.Random(0)
    for _ in range(2000):
        tokens = [generator.choice([1, 1, 1, 2, 3, 9]) for _ in range(generator.randint(1, 40))]
        capacity, shared = generator.randint(4, 20), generator.randint(0, 6)
        windows = cut(tokens, capacity=capacity, shared=min(shared, capacity // 2))
        assert windows[0][0] == 0 and windows[-1][1] == len(tokens)
        for first, last in windows:
            assert sum(tokens[first:last]) <= capacity or last == first + 1
        for (first, last), (again, end) in itertools.pairwise(windows):
            assert first < again <= last < end and sum(tokens[again:last]) <= shared


@pytest.mark.parametrize(
    "parts,expected",
    [
        ([(0, [1, 2, 3])], [1, 2, 3]),
        ([(0, [1, 2, 3]), (3, [4])], [1, 2, 3, 4]),
        ([(0, [1, 2, 3, 9]), (2, [3, 4, 5])], [1, 2, 3, 4, 5]),  # joined at the 3
        ([(0, [1, 8, 8]), (1, [7, 7, 5])], [1, 8, 7, 5]),  # no agreement: joined in the middle
        ([(0, [1, 2]), (1, [2, 3, 4]), (3, [4, 5])], [1, 2, 3, 4, 5]),
    ],
)
def test_merging_of_windows(parts, expected):
    assert join(parts) == expected

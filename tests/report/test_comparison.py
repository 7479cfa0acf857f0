"""Groups compared with a baseline, against SciPy, and what is not claimed."""

import math

import numpy as np
import pytest
from scipy import stats

from tests.sweeps.made import config_of, finish
from tunesmith.errors import UserError
from tunesmith.report.comparison import compare, indistinguishable
from tunesmith.report.groups import grouped
from tunesmith.report.records import find

SCORE = "test/accuracy"
BASE = {1: 0.80, 2: 0.83, 3: 0.78, 4: 0.81, 5: 0.84}
GOOD = {1: 0.90, 2: 0.92, 3: 0.89, 4: 0.90, 5: 0.95}
ALIKE = {1: 0.81, 2: 0.82, 3: 0.80, 4: 0.79, 5: 0.85}


def groups_of(place, *scores, name=SCORE, data=()):
    """Groups of runs with given scores by seed, as learning rates 1, 2, ..."""
    for rate, by_seed in enumerate(scores, start=1):
        for seed, value in by_seed.items():
            run = finish(config_of(f"output_dir={place}", f"optimizer.lr={rate}e-4", f"seed={seed}"), {name: value})
            if rate <= len(data):
                run.write_json("manifest.json", {"seconds": 1.0, "data": {"fingerprints": {"test": data[rate - 1]}}})
    found = {group.varied["optimizer.lr"]: group for group in grouped(find([place]))}
    return [found[f"{rate / 10_000}"] for rate in range(1, len(scores) + 1)]


def test_shared_seeds_are_paired_and_corrected_by_holm(tmp_path):
    base, good, alike = groups = groups_of(tmp_path, BASE, GOOD, ALIKE)
    first, second = compare(groups, base, SCORE)
    assert first.group is good and second.group is alike and first.paired and first.seeds == first.baseline_seeds == 5
    expected = stats.ttest_rel([*GOOD.values()], [*BASE.values()])
    other = stats.ttest_rel([*ALIKE.values()], [*BASE.values()])
    assert first.p == pytest.approx(expected.pvalue) and second.p == pytest.approx(other.pvalue)
    assert first.adjusted == pytest.approx(2 * expected.pvalue) and second.adjusted == pytest.approx(other.pvalue)
    assert first.interval == pytest.approx(tuple(expected.confidence_interval()))
    assert first.difference == pytest.approx(0.1) and first.claimed and not second.claimed
    assert first.permutation.p == first.permutation.smallest == 0.0625
    assert first.superiority == 1 and first.violation == 0 and first.effect > 3
    assert first.notes == () and first.reason == ""


def test_other_seeds_are_compared_unpaired(tmp_path):
    base, good = groups_of(tmp_path, BASE, {seed + 4: value for seed, value in GOOD.items()})
    (found,) = compare([base, good], base, SCORE)
    expected = stats.ttest_ind([*GOOD.values()], [*BASE.values()], equal_var=False)
    assert found.p == found.adjusted == pytest.approx(expected.pvalue) and not found.paired
    assert found.interval == pytest.approx(tuple(expected.confidence_interval()))
    assert found.notes == ("not paired: only 1 of the seeds is in both",)


def test_fewer_pairs_than_seeds_are_noted(tmp_path):
    base, good = groups_of(tmp_path, BASE, {seed: GOOD[seed] for seed in (1, 3, 5)} | {9: 0.1})
    (found,) = compare([base, good], base, SCORE)
    assert found.paired and found.seeds == 3
    assert found.difference == pytest.approx(np.mean([GOOD[seed] - BASE[seed] for seed in (1, 3, 5)]))
    assert found.notes == ("only the 3 seeds that both have are compared, of 4 and 5 seeds",)


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_seeds_claim_nothing(tmp_path, seeds):
    few = {seed: GOOD[seed] for seed in range(1, seeds + 1)}
    base, good = groups_of(tmp_path, BASE, few)
    for groups, baseline, name in (([good], base, ""), ([base], good, "the baseline: ")):
        (found,) = compare(groups, baseline, SCORE)
        assert found.p is found.adjusted is found.interval is found.permutation is found.violation is None
        assert not found.claimed and found.difference is not None
        assert found.reason == f"{name}{seeds} seed{'s' * (seeds > 1)} with {SCORE}; a claim needs at least 3"
    assert indistinguishable([base, good], SCORE) == [good]


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_a_score_that_is_not_finite_claims_nothing_and_is_not_left_out(tmp_path, wrong):
    base, bad, _ = groups = groups_of(tmp_path, BASE, GOOD | {2: wrong}, ALIKE)
    first, second = compare(groups, base, SCORE)
    assert first.difference is first.p is None and "is not a finite number for seed 2" in first.reason
    assert second.adjusted == second.p is not None  # no test was made of the other
    assert bad not in indistinguishable(groups, SCORE)


def test_several_runs_of_a_seed_count_as_one(tmp_path):
    base, good = groups_of(tmp_path / "a", BASE, GOOD)
    groups_of(tmp_path / "b", BASE, {1: 0.80})
    again = {group.varied["optimizer.lr"]: group for group in grouped(find([tmp_path]))}
    base, good = again["0.0001"], again["0.0002"]
    (found,) = compare([base, good], base, SCORE)
    assert found.seeds == 5 and found.difference == pytest.approx(0.1 - 0.05 / 5)
    assert found.notes[0] == "seed 1 has 2 runs, which count as one"


def test_runs_without_the_score_are_noted(tmp_path):
    base, good = groups_of(tmp_path, BASE, GOOD)
    finish(config_of(f"output_dir={tmp_path}", "optimizer.lr=2e-4", "seed=9"), {"validation/accuracy": 0.5})
    base, good = sorted(grouped(find([tmp_path])), key=lambda group: group.varied["optimizer.lr"])
    (found,) = compare([base, good], base, SCORE)
    assert found.notes == (f"1 of 6 runs without {SCORE}",) and found.p is not None


def test_other_test_data_are_not_compared(tmp_path):
    base, good, _ = groups = groups_of(tmp_path, BASE, GOOD, ALIKE, data=("abc-all", "def-all", "abc-test"))
    first, second = compare(groups, base, SCORE)
    assert first.p is first.difference is None
    assert first.reason == "the runs were scored on different data: the content of the test split differs"
    assert second.p is not None  # held out or not, the content of the test split is the same
    assert indistinguishable(groups, SCORE) == [good]


def test_constant_differences_claim_no_more_than_the_permutation_test(tmp_path):
    base, good = groups_of(tmp_path, BASE, {seed: value + 0.1 for seed, value in BASE.items()})
    (found,) = compare([base, good], base, SCORE)
    assert found.p == found.permutation.p == 0.0625 and not found.claimed
    assert found.interval is found.effect is None
    assert found.notes == (
        "the differences of all seeds are equal: there is no interval, and p is that of the permutation test",
    )


def test_smaller_is_better_turns_the_directions_and_not_the_difference(tmp_path):
    base, _, alike = groups = groups_of(tmp_path, BASE, GOOD, ALIKE, name="test/loss")
    found, _ = compare(groups, base, "test/loss")
    assert found.difference == pytest.approx(0.1) and found.superiority == 0 and found.violation == 1
    assert indistinguishable(groups, "test/loss") == [base, alike]


def test_groups_that_cannot_be_told_from_the_best(tmp_path):
    base, good, alike = groups = groups_of(tmp_path, BASE, GOOD, ALIKE)
    assert indistinguishable(groups, SCORE) == [good]
    assert indistinguishable([base, alike], SCORE) == [alike, base]
    assert indistinguishable([base], SCORE) == [base]


def test_an_unknown_score(tmp_path):
    groups = groups_of(tmp_path, BASE, ALIKE)
    for wrong in (
        lambda: compare(groups, groups[0], "test/acuracy"),
        lambda: indistinguishable(groups, "test/acuracy"),
    ):
        with pytest.raises(
            UserError, match=r"test/acuracy: expected a score of these runs.*did you mean test/accuracy"
        ):
            wrong()


def test_what_is_worse_than_the_best_is_corrected_for_all_pairs(tmp_path):
    worse = {seed: BASE[seed] - lost for seed, lost in zip(BASE, [0.01, 0.04, 0.02, 0.05, 0.03], strict=True)}
    p = stats.ttest_rel([*BASE.values()], [*worse.values()]).pvalue
    assert 3 * p < 0.05 < 6 * p  # three comparisons would claim it, six pairs do not
    shifts = [0.001, -0.001, 0.002, -0.001, -0.002]
    near = [{seed: BASE[seed] + scale * shift for seed, shift in zip(BASE, shifts, strict=True)} for scale in (1, 2)]
    groups = groups_of(tmp_path, BASE, worse, *near)
    assert indistinguishable(groups, SCORE) == groups
    assert indistinguishable(groups[:2], SCORE) == [groups[0]]

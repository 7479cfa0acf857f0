"""Compare the configurations of a sweep with its first one over the same seeds: a paired t-test for each.

python experiments/paired.py runs/sweeps/ID test/accuracy test/f1

A difference is the mean over the seeds of a configuration's score minus the first's, with its 95 % interval and p; `Holm` is p
corrected for the number of configurations (Holm, 1979).
"""

import argparse
import statistics

import numpy as np
from scipy.stats import ttest_rel

from tunesmith.report import groups, records


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sweep", help="folder of a sweep of two configurations or more, each with the same seeds")
    parser.add_argument("scores", nargs="+", help="names as in metrics.json")
    arguments = parser.parse_args()
    found = groups.grouped(records.find([arguments.sweep]))
    if len(found) < 2:
        parser.error(f"{arguments.sweep} has {len(found)} configurations; expected 2 or more")
    by_seed = [{record.config["seed"]: record.scores for record in group.completed} for group in found]
    names = [" ".join(f"{key}={value}" for key, value in group.varied.items()) for group in found]
    width = max(map(len, names))
    for score in arguments.scores:
        print(f"{score:<{width}}  seeds    mean     std    difference  95 % interval          p   Holm")
        lines = [line(by_seed[0], own, score) for own in by_seed]
        corrected = iter(holm([p for _, p in lines[1:]]))
        for number, (name, (text, _)) in enumerate(zip(names, lines, strict=True)):
            print(f"{name:<{width}}  {text}" + (f"  {next(corrected):.3f}" if number else ""))


def line(first: dict, own: dict, score: str) -> tuple[str, float]:
    """The columns of a configuration, and the p value of its difference from the first."""
    seeds = sorted(first.keys() & own.keys())
    if len(seeds) < 2:
        return f"{len(seeds):>5}  too few seeds that both have completed", 1.0
    before, values = ([scores[seed][score] for seed in seeds] for scores in (first, own))
    text = f"{len(seeds):>5}  {statistics.fmean(values):.4f}  {statistics.stdev(values):.4f}"
    if first is own or values == before:
        return text, 1.0
    test = ttest_rel(values, before)
    low, high = test.confidence_interval()
    difference = statistics.fmean(values) - statistics.fmean(before)
    return f"{text}     {difference:+.4f}  {low:+.4f} to {high:+.4f}  {test.pvalue:.3f}", float(test.pvalue)


def holm(p_values: list[float]) -> list[float]:
    """p values corrected for their number: the k-th smallest of n times n - k + 1, never falling, at most 1."""
    order = np.argsort(p_values)
    count = len(p_values)
    corrected = np.minimum(np.maximum.accumulate(np.array(p_values)[order] * (count - np.arange(count))), 1)
    return [float(corrected[place]) for place in np.argsort(order)]


if __name__ == "__main__":
    main()

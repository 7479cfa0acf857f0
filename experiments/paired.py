"""Compare the two configurations of a sweep over the same seeds: a paired t-test for each score.

python experiments/paired.py runs/sweeps/ID test/accuracy test/f1
"""

import argparse
import statistics

from scipy.stats import ttest_rel

from tunesmith.report import groups, records


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sweep", help="folder of a sweep of two configurations, each with the same seeds")
    parser.add_argument("scores", nargs="+", help="names as in metrics.json")
    arguments = parser.parse_args()
    found = groups.grouped(records.find([arguments.sweep]))
    if len(found) != 2:
        parser.error(f"{arguments.sweep} has {len(found)} configurations; expected 2")
    first, second = ({record.config["seed"]: record.scores for record in group.completed} for group in found)
    seeds = sorted(first.keys() & second.keys())
    if len(seeds) < 2:
        parser.error(f"{arguments.sweep} has {len(seeds)} seeds that both configurations completed; expected 2 or more")
    names = [" ".join(f"{key}={value}" for key, value in group.varied.items()) for group in found]
    print(f"first {names[0]}\nsecond {names[1]}\nseeds {', '.join(map(str, seeds))}")
    for score in arguments.scores:
        one, two = [first[seed][score] for seed in seeds], [second[seed][score] for seed in seeds]
        test = ttest_rel(two, one)
        low, high = test.confidence_interval()
        print(score)
        for values in (one, two):
            row = "  ".join(f"{value:.4f}" for value in values)
            print(f"  {row}  mean {statistics.fmean(values):.4f} ± {statistics.stdev(values):.4f}")
        difference = statistics.fmean(two) - statistics.fmean(one)
        print(f"  second - first: {difference:+.4f}, 95 % interval {low:+.4f} to {high:+.4f}, p = {test.pvalue:.3f}")


if __name__ == "__main__":
    main()

"""Gains of the mini backbones over random weights on the demo tasks: runs the sweeps, prints the table.

    python experiments/mini_backbones/gains.py [--families bert gpt2] [--output-dir runs]

Both arms have the same architecture, number of steps and candidate learning rates: the better of two by the validation
score of seed 1. The pretrained arm has its own tokenizer, the random one a tokenizer trained on the task's training
split. Prints the mean and standard deviation of the test score over five seeds, the selected learning rate, and the
difference of the arms with the 95 % interval of a paired t-test. Completed runs are not repeated.
"""

import argparse
import statistics
import sys
from pathlib import Path

from scipy.stats import ttest_rel

from tunesmith import cli
from tunesmith.report import records

FAMILIES = ("bert", "roberta", "xlnet", "gpt2")
TASKS = {  # dataset, training examples, epochs, head, score
    "2,000 reviews, accuracy": ("demo_reviews", 2000, 15, "classification", "accuracy"),
    "4,000 pairs, accuracy": ("demo_pairs", 4000, 10, "classification", "accuracy"),
    "500 sentences with entities, F1": ("demo_entities", 500, 15, "token_classification", "f1"),
    "500 questions, F1": ("demo_questions", 500, 15, "span", "f1"),
}
RATES = ("2e-4", "5e-4")


def arms(family: str) -> dict[str, list[str]]:
    """Overrides of the two arms."""
    return {
        "random": [f"backbone=random_{family}", "backbone.layers=3", "backbone.width=192"],
        "pretrained": [f"backbone=mini_{family}"],
    }


def sweep(folder: Path, words: list[str]) -> list[records.Record]:
    """The runs of a sweep, sorted by seed; exits if a job fails or Ctrl-C is pressed."""
    status = cli.run(["train", "-m", *words, f"sweep.folder={folder}"])
    if status:
        sys.exit(status)
    return sorted(records.find([str(folder)]), key=lambda record: int(record.config["seed"]))


def chosen(family: str, task: str, arm: str, arguments: argparse.Namespace) -> tuple[float, list[float]]:
    """The selected learning rate, and the test score of each seed."""
    dataset, size, epochs, head, score = TASKS[task]
    folder = Path(arguments.output_dir) / "sweeps" / f"gains_{family}_{dataset}_{arm}"
    words = [f"dataset={dataset}", f"head={head}", f"dataset.size={size}", f"trainer.max_epochs={epochs}"]
    words += [*arms(family)[arm], f"output_dir={arguments.output_dir}", f"hydra.launcher.n_jobs={arguments.jobs}"]
    tried = sweep(folder / "rates", [*words, f"optimizer.lr={','.join(RATES)}", "seed=1"])
    best: float = max(tried, key=lambda record: record.scores[f"validation/{score}"]).config["optimizer"]["lr"]
    runs = sweep(folder / "seeds", [*words, f"optimizer.lr={best}", "seed=1,2,3,4,5"])
    return best, [record.scores[f"test/{score}"] for record in runs]


def rows(family: str, arguments: argparse.Namespace) -> list[str]:
    """Lines of the table: both arms, and the difference."""
    found = {arm: [chosen(family, task, arm, arguments) for task in TASKS] for arm in arms(family)}
    lines = []
    for arm, cells in found.items():
        row = [f"{statistics.fmean(each):.3f} ± {statistics.stdev(each):.3f} ({rate:.0e})" for rate, each in cells]
        lines.append(f"| {family}, {arm} | " + " | ".join(row) + " |")
    row = []
    for (_, before), (_, after) in zip(found["random"], found["pretrained"], strict=True):
        low, high = ttest_rel(after, before).confidence_interval()
        row.append(f"{statistics.fmean(after) - statistics.fmean(before):+.3f} ({low:+.3f} to {high:+.3f})")
    return [*lines, f"| {family}, difference | " + " | ".join(row) + " |"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", nargs="+", default=FAMILIES, choices=FAMILIES)
    parser.add_argument("--output-dir", default="runs")
    parser.add_argument("--jobs", type=int, default=2, help="number of concurrent jobs")
    arguments = parser.parse_args()
    lines = ["| | " + " | ".join(TASKS) + " |", "|---" * (len(TASKS) + 1) + "|"]
    for family in arguments.families:
        lines += rows(family, arguments)
    print("\n".join(lines))


if __name__ == "__main__":
    main()

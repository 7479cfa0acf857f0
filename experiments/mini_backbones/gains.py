"""What a mini backbone brings over random weights on the demo task of every kind: runs the sweeps, prints the table.

    python experiments/mini_backbones/gains.py [--families bert gpt2] [--seeds 5] [--output-dir runs]

Both arms have the same architecture and the same number of steps. Each keeps its own defaults: the pretrained one
its tokenizer and 2e-4, the random one a tokenizer of the task's training split and the higher learning rate that random weights
want, 5e-4. Sweeps that are done are not run again.
"""

import argparse
import csv
from pathlib import Path

from tunesmith import cli

FAMILIES = ("bert", "roberta", "xlnet", "gpt2")
TASKS = {  # dataset, training examples, head, score
    "2,000 reviews, accuracy": ("demo_reviews", 2000, "classification", "test/accuracy"),
    "2,000 pairs, accuracy": ("demo_pairs", 2000, "classification", "test/accuracy"),
    "500 sentences with entities, F1": ("demo_entities", 500, "token_classification", "test/f1"),
    "500 questions, F1": ("demo_questions", 500, "span", "test/f1"),
}


def arms(family: str) -> dict[str, list[str]]:
    """Overrides of the two arms."""
    return {
        "random": [f"backbone=random_{family}", "backbone.layers=3", "backbone.width=192"],
        "pretrained": [f"backbone=mini_{family}"],
    }


def cell(family: str, task: str, arm: str, arguments: argparse.Namespace) -> str:
    """Mean and standard deviation over the seeds."""
    dataset, size, head, score = TASKS[task]
    folder = Path(arguments.output_dir) / "sweeps" / f"gains_{family}_{dataset}_{arm}_{size}_{arguments.seeds}"
    words = [
        f"dataset={dataset}",
        f"head={head}",
        f"dataset.size={size}",
        f"trainer.max_epochs={arguments.epochs}",
    ]
    words += [
        *arms(family)[arm],
        f"seed=range(1,{arguments.seeds + 1})",
        f"sweep.folder={folder}",
        f"output_dir={arguments.output_dir}",
    ]
    if cli.run(["train", "-m", *words, f"hydra.launcher.n_jobs={arguments.jobs}"]):
        return "failed"
    with (folder / "results.csv").open(encoding="utf-8") as stream:
        row = next(csv.DictReader(stream))
    return f"{float(row[score]):.3f} ± {float(row[f'{score} std']):.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", nargs="+", default=FAMILIES, choices=FAMILIES)
    parser.add_argument("--output-dir", default="runs")
    parser.add_argument("--seeds", type=int, default=5, help="1 to this")
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--jobs", type=int, default=2, help="at a time")
    arguments = parser.parse_args()
    lines = ["| | " + " | ".join(TASKS) + " |", "|---" * (len(TASKS) + 1) + "|"]
    for family in arguments.families:
        for arm in arms(family):
            cells = [cell(family, task, arm, arguments) for task in TASKS]
            lines.append(f"| {family}, {arm} | " + " | ".join(cells) + " |")
    print("\n".join(lines))


if __name__ == "__main__":
    main()

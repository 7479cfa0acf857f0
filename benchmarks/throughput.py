"""Training examples per second against Hugging Face Trainer: same model, data, batch size and optimizer.

    python benchmarks/throughput.py --data DIR --model DIR [--repeats 5] [--examples 3200] [--float32]

Interleaves three training runs on SST-2 in one process: Trainer's defaults (dynamic padding, float32), Trainer's best
settings (grouped by length, bf16) and tunesmith (bf16); with --float32 none uses bf16. The first two steps are not
counted. Prints the medians, their ratios, the padding, and tokens per second as a fraction of this machine's matrix
multiplication speed. 3,200 examples are one pool of tunesmith's length groups and two of Trainer's, so that both train
on the same mix of long and short sentences.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import hugging_face
import torch

BATCH = 32


class Batches(hugging_face.Stopwatch):
    """Also records the epoch's batches."""

    def on_train_start(self, trainer: Any, *_: object) -> None:
        data = trainer.datamodule
        self.lengths, self.plan = data.splits["train"].lengths, data.plan.batches


def tunesmith_speed(given: argparse.Namespace) -> tuple[float, float, float]:
    """Examples per second, tokens per example without padding, and the fraction of padding in an epoch."""
    from tunesmith.configuration.checks.check import check
    from tunesmith.configuration.compose import compose
    from tunesmith.data.epoch_plan import padding_fraction
    from tunesmith.training.train import train

    words = ["dataset=csv", f"dataset.train={given.data}/sst2/train.tsv", "dataset.text=sentence", "backbone=bert"]
    words += [f"backbone.name={given.model}", *([] if given.float32 else ["trainer.precision=bf16-mixed"])]
    words += [f"trainer.max_steps={given.examples // BATCH}", "trainer.progress_bar=false", "optimizer.lr=5e-5"]
    watch = Batches()
    with tempfile.TemporaryDirectory() as folder:
        composed = compose([*words, f"output_dir={folder}"])
        composed["callbacks"] = {}
        check(composed)
        train(composed, callbacks=[watch])
    batches = watch.plan[2 : len(watch.ends)]
    seen = sum(len(rows) for rows in batches)
    tokens = sum(int(watch.lengths[rows].sum()) for rows in batches)
    return seen / watch.seconds(), tokens / seen, padding_fraction(watch.lengths, watch.plan)


def trainer_speed(given: argparse.Namespace, **settings: Any) -> float:
    """Examples per second of Hugging Face Trainer."""
    import datasets
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, DataCollatorWithPadding, Trainer

    tokenizer = AutoTokenizer.from_pretrained(given.model)
    rows = datasets.load_dataset(
        "csv", data_files=f"{given.data}/sst2/train.tsv", delimiter="\t", quoting=3, split="train"
    )
    rows = rows.map(lambda batch: tokenizer(batch["sentence"], truncation=True, max_length=128), batched=True)
    rows = rows.remove_columns("sentence")
    model = AutoModelForSequenceClassification.from_pretrained(given.model, num_labels=2, dtype=torch.float32)
    steps = given.examples // BATCH
    with tempfile.TemporaryDirectory() as folder:
        arguments = hugging_face.arguments(
            folder, per_device_train_batch_size=BATCH, max_steps=steps, learning_rate=5e-5, logging_steps=10, **settings
        )
        trainer = Trainer(model, arguments, train_dataset=rows, data_collator=DataCollatorWithPadding(tokenizer))
        return (steps - 2) * BATCH / hugging_face.timed(trainer)


def matrix_speed(kind: torch.dtype) -> float:
    """Floating-point operations per second of a matrix multiplication as large as the model's."""
    left = torch.randn(1024, 384).to(kind)
    right = torch.randn(384, 1536).to(kind)
    for _ in range(20):
        left @ right
    times = []
    for _ in range(7):
        started = time.perf_counter()
        for _ in range(50):
            left @ right
        times.append((time.perf_counter() - started) / 50)
    return 2 * 1024 * 384 * 1536 / statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--examples", type=int, default=3200)
    parser.add_argument("--float32", action="store_true", help="for machines without bf16 instructions")
    given = parser.parse_args()
    from tunesmith.training import logging_setup

    logging_setup.log_to(None)
    runs: dict[str, list[float]] = {"Trainer, defaults": [], "Trainer, best": [], "tunesmith": []}
    length = padding = 0.0
    for _ in range(given.repeats):
        runs["Trainer, defaults"].append(trainer_speed(given))
        best: dict[str, Any] = {"train_sampling_strategy": "group_by_length", "bf16": not given.float32}
        runs["Trainer, best"].append(trainer_speed(given, **best))
        speed, length, padding = tunesmith_speed(given)
        runs["tunesmith"].append(speed)
    medians = {name: statistics.median(values) for name, values in runs.items()}
    for name, value in medians.items():
        print(f"{name:<18} {value:8.1f} examples/s   {[round(one, 1) for one in runs[name]]}")
    print(f"tunesmith / Trainer's defaults  {medians['tunesmith'] / medians['Trainer, defaults']:.2f}")
    print(f"tunesmith / Trainer's best      {medians['tunesmith'] / medians['Trainer, best']:.2f}")
    print(f"padding of an epoch             {100 * padding:.2f} %")
    weights = 6 * 12 * 384**2  # parameters in the layers' matrices; 6 operations each per token, forward and backward
    speed = matrix_speed(torch.float32 if given.float32 else torch.bfloat16)
    print(f"fraction of matrix products     {medians['tunesmith'] * length * 6 * weights / speed:.2f}")


if __name__ == "__main__":
    main()

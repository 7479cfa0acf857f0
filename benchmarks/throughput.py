"""Training examples per second against Hugging Face Trainer: same model, data, batch size and optimizer.

    python benchmarks/throughput.py --data DIR --model DIR [--repeats 5] [--examples 3200]

Interleaves three trainings in one process: Trainer's defaults (dynamic padding, float32), Trainer's best settings (grouped
by length, bf16) and tunesmith (bf16). Prints the medians, their ratios, the padding, and tokens per second as a share of
what bf16 matrix products of this machine would allow. 3,200 examples are one pool of tunesmith's length groups and two of
Trainer's, so that neither trains on more of the long or the short sentences than the other.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import torch


def tunesmith_speed(arguments, precision: str) -> tuple[float, float, float]:
    """Examples per second, tokens of an example without padding, and an epoch's share of padding."""
    from tunesmith import checks, config
    from tunesmith.backbones.backbone import Backbone
    from tunesmith.build import build, build_part
    from tunesmith.data.batching import padding_share
    from tunesmith.module import FineTuningModule
    from tunesmith.train import _scaled, data_module

    words = ["dataset=csv", f"dataset.train={arguments.data}/sst2/train.tsv", "dataset.text=sentence", "backbone=bert"]
    words += [f"backbone.name={arguments.model}", f"trainer.precision={precision}", "trainer.progress_bar=false"]
    words += [
        "trainer.max_epochs=1",
        f"trainer.max_steps={arguments.examples // 32}",
        "callbacks={}",
        "optimizer.lr=5e-5",
    ]
    composed = config.compose(words)
    composed["callbacks"] = {}
    checks.check(composed)
    source, task = build_part(composed["dataset"], "source"), build_part(composed["dataset"], "task")
    task.survey(source)
    spec = build(composed["backbone"], group="backbone")
    tokenizer = spec.tokenizer(lambda: ())
    data = data_module(composed, source, task, tokenizer, spec.tokenizer_key(tokenizer))
    data.setup()
    backbone = Backbone(spec.model(spec.config()), tokenizer)
    head = build(composed["head"], backbone, task, group="head")
    regularizers = [build(node, group="regularization") for node in composed["regularization"].values()]
    module = FineTuningModule(
        backbone,
        head,
        regularizers,
        task.metrics(),
        make_optimizer=lambda groups: build(composed["optimizer"], _scaled(groups, 5e-5), True, group="optimizer"),
        make_schedule=lambda total: build(composed["scheduler"], total, group="scheduler"),
    )
    module.total_steps = arguments.examples // 32
    share = padding_share(data.splits["train"].lengths, data.plan.batches)
    with tempfile.TemporaryDirectory() as folder:
        trainer = build(composed["trainer"], Path(folder), [*regularizers], [], group="trainer")
        started = time.perf_counter()
        trainer.fit(module, train_dataloaders=data.train_dataloader())
        seconds = time.perf_counter() - started
    batches = data.plan.batches[: trainer.global_step]
    seen = sum(len(rows) for rows in batches)
    tokens = sum(int(data.splits["train"].lengths[rows].sum()) for rows in batches)
    return seen / seconds, tokens / seen, share


def trainer_speed(arguments, *, best: bool) -> float:
    """Examples per second of Hugging Face Trainer."""
    import datasets
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        Trainer,
        TrainingArguments,
    )

    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    rows = datasets.load_dataset(
        "csv", data_files=f"{arguments.data}/sst2/train.tsv", delimiter="\t", quoting=3, split="train"
    )
    rows = rows.map(lambda batch: tokenizer(batch["sentence"], truncation=True, max_length=128), batched=True)
    rows = rows.remove_columns("sentence")
    model = AutoModelForSequenceClassification.from_pretrained(arguments.model, num_labels=2, dtype=torch.float32)
    extra = {"train_sampling_strategy": "group_by_length", "bf16": True} if best else {}
    with tempfile.TemporaryDirectory() as folder:
        settings = TrainingArguments(
            folder,
            per_device_train_batch_size=32,
            max_steps=arguments.examples // 32,
            learning_rate=5e-5,
            warmup_steps=0.1,
            weight_decay=0.01,
            report_to=[],
            save_strategy="no",
            disable_tqdm=True,
            use_cpu=not torch.cuda.is_available(),
            logging_steps=10,
            **extra,
        )
        trainer = Trainer(model, settings, train_dataset=rows, data_collator=DataCollatorWithPadding(tokenizer))
        started = time.perf_counter()
        trainer.train()
        return arguments.examples / (time.perf_counter() - started)


def matrix_speed() -> float:
    """bf16 multiply-adds per second, in floating-point operations, of a product as large as the model's."""
    left = torch.randn(1024, 384).bfloat16()
    right = torch.randn(384, 1536).bfloat16()
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
    parser.add_argument("--data", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--examples", type=int, default=3200)
    arguments = parser.parse_args()
    from tunesmith.training import quiet

    quiet.log_to(None)
    runs: dict[str, list[float]] = {"Trainer, defaults": [], "Trainer, best": [], "tunesmith": []}
    length = share = 0.0
    for _ in range(arguments.repeats):
        runs["Trainer, defaults"].append(trainer_speed(arguments, best=False))
        runs["Trainer, best"].append(trainer_speed(arguments, best=True))
        speed, length, share = tunesmith_speed(arguments, "bf16-mixed")
        runs["tunesmith"].append(speed)
    medians = {name: statistics.median(values) for name, values in runs.items()}
    for name, value in medians.items():
        print(f"{name:<18} {value:8.1f} examples/s   {[round(one, 1) for one in runs[name]]}")
    print(f"tunesmith / Trainer's defaults  {medians['tunesmith'] / medians['Trainer, defaults']:.2f}")
    print(f"tunesmith / Trainer's best      {medians['tunesmith'] / medians['Trainer, best']:.2f}")
    print(f"padding of an epoch             {100 * share:.2f} %")
    weights = 6 * 12 * 384**2  # parameters of the layers' matrices; 6 operations a token for each, forward and backward
    print(f"share of bf16 matrix products   {medians['tunesmith'] * length * 6 * weights / matrix_speed():.2f}")


if __name__ == "__main__":
    main()

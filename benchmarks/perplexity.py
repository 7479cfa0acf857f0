"""Perplexity of a small GPT-2 on tinyshakespeare against Hugging Face Trainer: same weights, blocks, steps and settings.

    python benchmarks/perplexity.py --data DIR [--epochs 2] [--seeds 1 2 3] [--dropout 0.1]

Both start from the same random weights (2 layers, 128 wide) and the same byte-level BPE of 4,000 tokens, trained on
the text, and read the same blocks of 128 tokens in the same batches of 32; only the dropout masks differ. Prints the
validation perplexity of each seed, and the ratio of the means.
"""

import argparse
import math
import statistics
import tempfile
from pathlib import Path
from typing import Any

import hugging_face
import torch


def settings_of(arguments: argparse.Namespace, folder: str, seed: int) -> dict[str, Any]:
    """The resolved config of a run from a checkpoint's folder."""
    from tunesmith.configuration.checks.check import check
    from tunesmith.configuration.compose import compose

    words = ["dataset=text", f"dataset.train={arguments.data}/tinyshakespeare/input.txt", "head=causal_lm"]
    words += ["backbone=gpt2", f"backbone.name={folder}/model", "optimizer.lr=1e-3", f"seed={seed}"]
    words += [f"trainer.max_epochs={arguments.epochs}", "trainer.progress_bar=false", f"output_dir={folder}/runs"]
    composed = compose(words)
    check(composed)
    return composed


def start(arguments: argparse.Namespace, folder: str) -> None:
    """Write the checkpoint that all runs start from."""
    from tunesmith.backbones.mini import Mini

    lines = (arguments.data / "tinyshakespeare/input.txt").read_text(encoding="utf-8").splitlines()
    spec = Mini(family="gpt2", vocabulary=4000, layers=2, heads=4, width=128, max_positions=128, learning_rate=1e-3)
    tokenizer = spec.tokenizer(lambda: lines, pre_split=False)
    tokenizer.save_pretrained(f"{folder}/model")
    torch.manual_seed(1)
    shape = spec.config()
    shape.resid_pdrop = shape.embd_pdrop = shape.attn_pdrop = arguments.dropout
    spec.model(shape, "AutoModelForCausalLM").save_pretrained(f"{folder}/model")


def blocks(composed: dict[str, Any]) -> tuple[list[list[int]], list[list[int]], list[list[int]]]:
    """Training blocks and validation blocks that the run reads, and the rows of each training batch, all epochs."""
    from tunesmith.configuration.targets import factory
    from tunesmith.data.survey.survey import surveyed
    from tunesmith.training.assembly import data_module

    dataset, spec = surveyed(composed["dataset"]), factory(composed["backbone"], group="backbone")()
    tokenizer = spec.tokenizer(lambda: (), pre_split=False)
    data = data_module(composed, dataset.source, dataset.task, tokenizer, spec.tokenizer_key(tokenizer))
    data.setup()
    train, validation = (
        [ids.tolist() for ids in data.splits[name].lists("input_ids")] for name in ("train", "validation")
    )
    order = data.train_dataloader().sampler
    batches = []
    for epoch in range(composed["trainer"]["max_epochs"]):
        order.set_epoch(epoch)
        batches += [[int(row) for row in rows] for rows in order]
    return train, validation, batches


def padded(rows: list[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
    """A batch whose labels are its ids, as in Trainer's example script; the last block of a text is shorter than the others."""
    length = max(len(row["input_ids"]) for row in rows)
    given, labels = torch.zeros(len(rows), length, dtype=torch.long), torch.full((len(rows), length), -100)
    for place, row in enumerate(rows):
        ids = torch.tensor(row["input_ids"])
        given[place, : len(ids)] = labels[place, : len(ids)] = ids
    return {"input_ids": given, "attention_mask": (labels != -100).long(), "labels": labels}


def trainer_perplexity(composed: dict[str, Any], folder: str, seed: int) -> float:
    from torch.utils.data import DataLoader
    from transformers import AutoModelForCausalLM, Trainer

    train, validation, batches = blocks(composed)
    rows: Any = [{"input_ids": ids} for ids in train]

    class InOrder(Trainer):
        def get_train_dataloader(self) -> Any:
            return DataLoader(rows, batch_sampler=batches, collate_fn=padded)

    # A single epoch for Trainer, which contains the batches of all epochs.
    settings = hugging_face.arguments(f"{folder}/trainer", num_train_epochs=1, learning_rate=1e-3, seed=seed)
    model = AutoModelForCausalLM.from_pretrained(f"{folder}/model", dtype=torch.float32)
    InOrder(model, settings, train_dataset=rows).train()
    model.eval()
    loss, tokens = 0.0, 0
    with torch.no_grad():
        for ids in validation:
            given = torch.tensor([ids], device=model.device)
            loss += float(model(input_ids=given, labels=given).loss) * (len(ids) - 1)
            tokens += len(ids) - 1
    return math.exp(loss / tokens)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--dropout", type=float, default=0.1)
    arguments = parser.parse_args()
    from tunesmith.training import logging_setup
    from tunesmith.training.train import train

    logging_setup.log_to(None)
    found: dict[str, list[float]] = {"Trainer": [], "tunesmith": []}
    with tempfile.TemporaryDirectory() as folder:
        start(arguments, folder)
        for seed in arguments.seeds:
            composed = settings_of(arguments, folder, seed)
            found["Trainer"].append(trainer_perplexity(composed, folder, seed))
            found["tunesmith"].append(train(composed).read_json("metrics.json")["validation/perplexity"])
            print(
                f"seed {seed}: Trainer {found['Trainer'][-1]:.2f}, tunesmith {found['tunesmith'][-1]:.2f}", flush=True
            )
    means = {name: statistics.fmean(values) for name, values in found.items()}
    print(f"validation perplexity, mean: Trainer {means['Trainer']:.2f}, tunesmith {means['tunesmith']:.2f}")
    print(f"tunesmith / Trainer {means['tunesmith'] / means['Trainer']:.4f}")


if __name__ == "__main__":
    main()

"""Perplexity of a small GPT-2 on tinyshakespeare against Hugging Face Trainer: same weights, blocks, steps and settings.

    python benchmarks/perplexity.py --data DIR [--epochs 2] [--seeds 1 2 3]

Both start from the same random weights (2 layers, 128 wide) and the same byte-level BPE of 4,000 tokens, trained on the text, and
read the same blocks of 128 tokens in batches of 32; the order of the blocks and the dropout are their own. Prints the
validation perplexity of each seed, and the ratio of the means.
"""

import argparse
import math
import statistics
import tempfile
from pathlib import Path
from typing import Any

import torch


def settings_of(arguments: argparse.Namespace, folder: str, seed: int) -> dict[str, Any]:
    """The resolved config of a run from a checkpoint's folder."""
    from tunesmith import checks, config

    words = ["dataset=text", f"dataset.train={arguments.data}/tinyshakespeare/input.txt", "head=causal_lm"]
    words += ["backbone=gpt2", f"backbone.name={folder}/model", "optimizer.lr=1e-3", f"seed={seed}"]
    words += [f"trainer.max_epochs={arguments.epochs}", "trainer.progress_bar=false", f"output_dir={folder}/runs"]
    composed = config.compose(words)
    checks.check(composed)
    return composed


def start(arguments: argparse.Namespace, folder: str) -> None:
    """Write the checkpoint that all start from."""
    from tunesmith.backbones.mini import Mini

    lines = (arguments.data / "tinyshakespeare/input.txt").read_text(encoding="utf-8").splitlines()
    spec = Mini(family="gpt2", vocabulary=4000, layers=2, heads=4, width=128, max_positions=128, learning_rate=1e-3)
    tokenizer = spec.tokenizer(lambda: lines, pre_split=False)
    tokenizer.save_pretrained(f"{folder}/model")
    torch.manual_seed(1)
    spec.model(spec.config(), "AutoModelForCausalLM").save_pretrained(f"{folder}/model")


def blocks(composed: dict[str, Any]) -> dict[str, list[list[int]]]:
    """The very blocks that the run reads."""
    from tunesmith.build import build
    from tunesmith.data.survey import surveyed
    from tunesmith.train import data_module

    dataset, spec = surveyed(composed["dataset"]), build(composed["backbone"], group="backbone")
    tokenizer = spec.tokenizer(lambda: (), pre_split=False)
    data = data_module(composed, dataset.source, dataset.task, tokenizer, spec.tokenizer_key(tokenizer))
    data.setup()
    return {name: [ids.tolist() for ids in split.lists("input_ids")] for name, split in data.splits.items()}


def trainer_perplexity(
    arguments: argparse.Namespace, folder: str, texts: dict[str, list[list[int]]], seed: int
) -> float:
    import datasets
    from transformers import (
        AutoModelForCausalLM,
        Trainer,
        TrainingArguments,
        default_data_collator,
    )

    # As in its example script: labels are the ids. (DataCollatorForLanguageModeling leaves out the padding token, which is
    # GPT-2's end of text.) It takes no batch of several lengths, so the last, shorter block is left out.
    whole = [ids for ids in texts["train"] if len(ids) == len(texts["train"][0])]
    rows = datasets.Dataset.from_dict({"input_ids": whole, "labels": whole})
    settings = TrainingArguments(
        f"{folder}/trainer",
        per_device_train_batch_size=32,
        num_train_epochs=arguments.epochs,
        learning_rate=1e-3,
        warmup_steps=0.1,  # a share of all steps
        weight_decay=0.01,
        seed=seed,
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
        use_cpu=not torch.cuda.is_available(),
    )
    model = AutoModelForCausalLM.from_pretrained(f"{folder}/model", dtype=torch.float32)
    Trainer(model, settings, train_dataset=rows, data_collator=default_data_collator).train()
    model.eval()
    loss, tokens = 0.0, 0
    with torch.no_grad():
        for ids in texts["validation"]:
            given = torch.tensor([ids])
            loss += float(model(input_ids=given, labels=given).loss) * (len(ids) - 1)
            tokens += len(ids) - 1
    return math.exp(loss / tokens)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    arguments = parser.parse_args()
    from tunesmith.train import train
    from tunesmith.training import quiet

    quiet.log_to(None)
    found: dict[str, list[float]] = {"Trainer": [], "tunesmith": []}
    with tempfile.TemporaryDirectory() as folder:
        start(arguments, folder)
        for seed in arguments.seeds:
            composed = settings_of(arguments, folder, seed)
            found["Trainer"].append(trainer_perplexity(arguments, folder, blocks(composed), seed))
            found["tunesmith"].append(train(composed).read_json("metrics.json")["validation/perplexity"])
            print(
                f"seed {seed}: Trainer {found['Trainer'][-1]:.2f}, tunesmith {found['tunesmith'][-1]:.2f}", flush=True
            )
    means = {way: statistics.fmean(values) for way, values in found.items()}
    print(f"validation perplexity, mean: Trainer {means['Trainer']:.2f}, tunesmith {means['tunesmith']:.2f}")
    print(f"tunesmith / Trainer {means['tunesmith'] / means['Trainer']:.4f}")


if __name__ == "__main__":
    main()

"""Tokens per second of masked language modelling against Hugging Face Trainer with DataCollatorForLanguageModeling.

    python benchmarks/language_modeling.py --data DIR [--repeats 5] [--steps 30] [--bf16]

The same model (BERT of 4 layers, 256 wide, a vocabulary of 30,522 tokens, random weights), the same text
(tinyshakespeare in blocks of 128 tokens), batches of 32 blocks, AdamW and gradient clipping, in one process,
interleaved. Trainer runs with its defaults, with two data loader workers, and, with --bf16, in bfloat16; its best is
the fastest of these. Prints the medians and their ratios, and the cost of a full output layer: the same tunesmith step
with every token predicted.
"""

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

import hugging_face
import torch

BLOCK, BATCH = 128, 32


def checkpoint(folder: Path, data: Path) -> None:
    """A BERT with random weights and the published vocabulary."""
    from transformers import BertConfig, BertForMaskedLM, BertTokenizerFast

    tokenizer = BertTokenizerFast(str(data / "vocab/bert-base-uncased/vocab.txt"))
    tokenizer.save_pretrained(folder)
    size = {"hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 1024}
    torch.manual_seed(1)
    BertForMaskedLM(BertConfig(vocab_size=len(tokenizer), **size)).save_pretrained(folder)


def tunesmith_speed(arguments: argparse.Namespace, model: Path, rate: float) -> float:
    """Tokens per second of a run's training steps."""
    from tunesmith.configuration.checks.check import check
    from tunesmith.configuration.compose import compose
    from tunesmith.training.train import train

    words = ["dataset=text", f"dataset.train={arguments.data}/tinyshakespeare/input.txt", "head=masked_lm"]
    words += ["backbone=bert", f"backbone.name={model}", f"head.rate={rate}", "trainer.progress_bar=false"]
    words += [f"trainer.max_steps={arguments.steps}", f"dataset.batch_size={BATCH}", "optimizer.lr=1e-4"]
    watch = hugging_face.Stopwatch()
    with tempfile.TemporaryDirectory() as folder:
        composed = compose([*words, f"output_dir={folder}"])
        composed["callbacks"] = {}
        check(composed)
        train(composed, callbacks=[watch])
    return (arguments.steps - 2) * BATCH * BLOCK / watch.seconds()


def trainer_speed(arguments: argparse.Namespace, model: Path, **settings: Any) -> float:
    """Tokens per second of Trainer's training steps."""
    import datasets
    from transformers import (
        AutoModelForMaskedLM,
        AutoTokenizer,
        DataCollatorForLanguageModeling,
        Trainer,
    )

    tokenizer = AutoTokenizer.from_pretrained(model)
    lines = (arguments.data / "tinyshakespeare/input.txt").read_text(encoding="utf-8").splitlines()
    ids = [
        token
        for line in tokenizer([line for line in lines if line], add_special_tokens=False)["input_ids"]
        for token in [*line, tokenizer.sep_token_id]
    ]
    content = BLOCK - 2  # without the special tokens
    blocks = [ids[start : start + content] for start in range(0, len(ids) - content, content)]
    with_special_tokens = [[tokenizer.cls_token_id, *block, tokenizer.sep_token_id] for block in blocks]
    rows = datasets.Dataset.from_dict({"input_ids": with_special_tokens})
    with tempfile.TemporaryDirectory() as folder:
        settings = {"max_steps": arguments.steps, "learning_rate": 1e-4, "logging_steps": 10, **settings}
        trainer = Trainer(
            AutoModelForMaskedLM.from_pretrained(model, dtype=torch.float32),
            hugging_face.arguments(folder, per_device_train_batch_size=BATCH, **settings),
            train_dataset=rows,
            data_collator=DataCollatorForLanguageModeling(tokenizer, mlm_probability=0.15),
        )
        return (arguments.steps - 2) * BATCH * BLOCK / hugging_face.timed(trainer)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument(
        "--bf16", action="store_true", help="also run Trainer in bfloat16, if the machine has instructions for it"
    )
    arguments = parser.parse_args()
    from tunesmith.training import logging_setup

    logging_setup.log_to(None)
    runs: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        model = Path(name)
        checkpoint(model, arguments.data)
        for _ in range(arguments.repeats):
            measured = {
                "Trainer, defaults": trainer_speed(arguments, model),
                "Trainer, 2 workers": trainer_speed(arguments, model, dataloader_num_workers=2),
                "tunesmith": tunesmith_speed(arguments, model, 0.15),
                "tunesmith, every token": tunesmith_speed(arguments, model, 0.999999),
            }
            if arguments.bf16:
                measured["Trainer, bf16"] = trainer_speed(arguments, model, bf16=True)
            for name, speed in measured.items():
                runs.setdefault(name, []).append(speed)
    medians = {name: statistics.median(speeds) for name, speeds in runs.items()}
    for name, speed in medians.items():
        print(f"{name:<24} {speed:9.0f} tokens/s   {[round(one) for one in runs[name]]}")
    best = max(speed for name, speed in medians.items() if name.startswith("Trainer"))
    print(f"tunesmith / Trainer's defaults       {medians['tunesmith'] / medians['Trainer, defaults']:.2f}")
    print(f"tunesmith / Trainer's best           {medians['tunesmith'] / best:.2f}")
    print(f"15 % of the tokens / all of them     {medians['tunesmith'] / medians['tunesmith, every token']:.2f}")


if __name__ == "__main__":
    main()

"""Exports the model of a completed run: a Hugging Face checkpoint with a model card."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunesmith.backbones import checkpoint_files
from tunesmith.errors import UserError
from tunesmith.errors.messages import listed
from tunesmith.exporting import head_weights, tag_transitions
from tunesmith.exporting.copied_model import copy_model
from tunesmith.exporting.model_card import write_card
from tunesmith.exporting.own_class import architecture, fit_weights
from tunesmith.runs.folder import RunFolder
from tunesmith.storage.bounded_files import read_json
from tunesmith.storage.contained import check_contained
from tunesmith.storage.files import write_json
from tunesmith.storage.new_folder import new_folder

_ONLY_TUNESMITH = ("head.safetensors", "task.json")  # read by `evaluate` and `predict`


def export(run: RunFolder, output: str) -> list[str]:
    """Write the folder; return notes on what its Hugging Face class alone does not do.

    Raises:
        UserError: if the folder exists and is not empty, or cannot be written; if a file of the run's model/ is missing or
            does not fit the model's class.
    """
    from safetensors.torch import load_file

    check_contained(run.model)
    run.check_model("config.json", *_ONLY_TUNESMITH)
    if Path(output).expanduser().resolve().is_relative_to(run.model.resolve()):
        raise UserError(f"output={output} is inside the run's own model folder; choose another one")
    checkpoint_files.check(str(run.model), "main")
    config, state = run.config(), run.read_json("model/task.json")
    with new_folder(output) as folder:
        with run.verifying_model():
            left_out = copy_model(run.model, folder, besides=_ONLY_TUNESMITH)
        fit_weights(folder)
        _name_the_score(folder)
        _limit_length(folder, config["dataset"])
        _read_masks(folder)
        labels = list(state.get("labels", ()))
        notes = _export_head(config["head"], labels, load_file(run.model / "head.safetensors"), folder)
        if (folder / "adapter").is_dir():
            notes.append("adapter/ has the adapter by itself, for peft.PeftModel.from_pretrained and the base model")
        write_card(run, config, state, folder)
    if left_out:
        notes.append(f"not copied, as no model is known to need them: {listed(left_out)}")
    return notes


def _name_the_score(folder: Path) -> None:
    """The output of a regression model is `score`: runs of 0.1.0 call it LABEL_0."""
    _change(
        folder / "config.json",
        lambda config: (
            {"id2label": {"0": "score"}, "label2id": {"score": 0}} if config.get("problem_type") == "regression" else {}
        ),
    )


def _limit_length(folder: Path, dataset: Mapping[str, Any]) -> None:
    """The tokenizer truncates where the run did."""
    if "max_length" in dataset:
        _change(folder / "tokenizer_config.json", lambda _: {"model_max_length": dataset["max_length"]})


def _read_masks(folder: Path) -> None:
    """A masked language model is asked with its mask in a text, so the tokenizer reads special tokens there again."""
    if str(architecture(folder)).endswith("ForMaskedLM"):
        _change(
            folder / "tokenizer_config.json",
            lambda config: {"split_special_tokens": False} if config.get("split_special_tokens") else {},
        )


def _change(file: Path, change: Any) -> None:
    found = read_json(file)
    write_json(file, found | change(found))


def _export_head(head: Mapping[str, Any], labels: list[str], weights: Mapping[str, Any], folder: Path) -> list[str]:
    """Write what the Hugging Face class has no place for."""
    notes, besides = [], set(head_weights.training_only(head))
    chain = tag_transitions.tag_transitions(head, labels, weights)
    if chain is not None:
        tag_transitions.write(folder, chain, labels=labels, constrained=head["constrained"])
        besides |= {"chain", *chain}
        notes.append(
            f"{tag_transitions.FILE} has the scores of tag transitions; README.md says how to decode with them"
        )
    left = head_weights.unexported(weights, folder, besides=besides)
    if left:
        head_weights.write(folder, weights, head=head, labels=labels)
        notes.append(
            f"{head_weights.FILE} has the weights of {head['_target_']}, of which the Hugging Face class lacks "
            f"{', '.join(left)}; README.md says how to load them"
        )
    return notes

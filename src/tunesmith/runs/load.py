"""A finished run's model, ready to score or to predict."""

from typing import Any

from tunesmith.backbones.backbone import Backbone
from tunesmith.backbones.pretrained import Pretrained
from tunesmith.build import build, build_part
from tunesmith.config import Config
from tunesmith.errors import UserError
from tunesmith.module import FineTuningModule
from tunesmith.runs.folder import RunFolder


def load(run: RunFolder, config: Config) -> tuple[FineTuningModule, Any, Any]:
    """Module, task and tokenizer of a run, from safetensors only.

    Args:
        config: the run's, or one with another dataset of the same task; the labels are the run's.

    Raises:
        UserError: if the model's folder lacks a file.
    """
    from safetensors.torch import load_file

    saved = run.config()["backbone"]
    spec = Pretrained(
        name=str(run.model), revision=None, max_positions=saved["max_positions"], learning_rate=saved["learning_rate"]
    )
    head_file = run.model / "head.safetensors"
    for file in (head_file, run.model / "task.json"):
        if not file.is_file():
            raise UserError(f"{file} is missing; expected the model/ folder as the run wrote it")
    task = build_part(config["dataset"], "task")
    task.restore(run.read_json("model/task.json"))
    tokenizer, model_config = spec.tokenizer(lambda: (), pre_split=task.pre_split), spec.config()
    backbone = Backbone(spec.model(model_config), tokenizer)
    head = build(config["head"], backbone, task, group="head")
    head.load_state_dict(load_file(head_file))
    return FineTuningModule(backbone, head, []).eval(), task, tokenizer

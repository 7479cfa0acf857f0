"""A run's model/ folder: saved after training, loaded to evaluate or to predict."""

import functools
import json
import shutil
from typing import Any

from torch import Tensor

from tunesmith.backbones.backbone import Backbone
from tunesmith.backbones.pretrained import Pretrained
from tunesmith.configuration import Config
from tunesmith.configuration.targets import build_part, factory
from tunesmith.runs.folder import RunFolder
from tunesmith.storage.files import give_usual_modes, write_json
from tunesmith.training.module import FineTuningModule


def save(module: FineTuningModule, tokenizer: Any, run: RunFolder, *, published: dict[str, Any]) -> None:
    """Write model/: a Hugging Face checkpoint, and head.safetensors, which `evaluate` and `predict` load.

    The folder gets its name once it is complete; that of an earlier attempt is replaced.

    Args:
        published: original values of model config settings that training changed, such as dropout; saved in its config,
            so that a run that starts from this model begins with them.
    """
    from safetensors.torch import save_file

    draft = run.model.with_name(".model-draft")
    shutil.rmtree(draft, ignore_errors=True)  # of a process that was killed
    try:
        module.head.save(module.backbone, draft)
        config = json.loads((draft / "config.json").read_text(encoding="utf-8"))
        write_json(draft / "config.json", config | published)
        tokenizer.save_pretrained(draft)
        own = _own_weights(module.head, module.backbone)
        save_file({name: value.contiguous() for name, value in own.items()}, draft / "head.safetensors")
        for regularizer in module.regularizers:
            regularizer.save(draft)
        give_usual_modes(draft)
        shutil.rmtree(run.model, ignore_errors=True)
        draft.rename(run.model)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _own_weights(head: Any, backbone: Backbone) -> dict[str, Tensor]:
    """A head's state dict without weights that it shares with the backbone, and tied weights only once."""
    seen = {value.data_ptr() for value in backbone.state_dict().values()}
    own = {}
    for name, value in head.state_dict().items():
        if value.data_ptr() not in seen:
            own[name] = value
        seen.add(value.data_ptr())
    return own


def load(run: RunFolder, config: Config) -> tuple[FineTuningModule, Any, Any]:
    """Load module, task and tokenizer of a run, from safetensors only.

    Args:
        config: the run's, or one with another dataset of the same task; the labels stay those of the run.

    Raises:
        UserError: if a file of model/ is missing or damaged.
    """
    from safetensors.torch import load_file

    saved = run.config()["backbone"]
    spec = Pretrained(
        name=str(run.model), revision=None, max_positions=saved["max_positions"], learning_rate=saved["learning_rate"]
    )
    head_file = run.model / "head.safetensors"
    run.check_model(head_file.name, "task.json")
    task = build_part(config["dataset"], "task")
    task.restore(run.read_json("model/task.json"))
    tokenizer, model_config = spec.tokenizer(lambda: (), pre_split=task.pre_split), spec.config()
    backbone = Backbone(spec.model(model_config), tokenizer, functools.partial(spec.model, model_config))
    head = factory(config["head"], group="head")(backbone, task)
    with run.verifying_model(head_file.name):
        head.load_state_dict(head.state_dict() | load_file(head_file))  # shared weights were loaded with the backbone
    return FineTuningModule(backbone, head, []).eval(), task, tokenizer

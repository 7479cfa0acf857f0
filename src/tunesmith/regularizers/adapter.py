"""The base class of adapters: a few new parameters are trained instead of the pretrained weights, by peft."""

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from tunesmith.errors import UserError
from tunesmith.errors.messages import did_you_mean
from tunesmith.regularizers.regularizer import Regularizer

_FOLDER = "adapter"  # below the saved model
_MODEL = "base_model.model."  # what peft puts before the names of the model's own parts


class Adapter(Regularizer):
    """The adapter's parameters and the head are trained; all other parameters of the backbone are frozen.

    After training the updates are added to the weights, so that what is scored and saved is a plain model. The adapter by
    itself is saved beside it with the head's weights, as `peft.PeftModel.from_pretrained` loads it for the base model of
    the head's Hugging Face class.

    A subclass defines `inject`.

    Attributes:
        name: of its choice in `conf/regularization/`, for messages.
    """

    name: str
    adds_parameters = True
    replaces = ("the trained weights of the backbone",)
    conflicts = {
        "llrd": "adapters start from zero in each layer, and the pretrained weights that llrd keeps in place do not change",
        "mixout": "under an adapter the pretrained weights do not change",
        "l2sp": "under an adapter the pretrained weights do not change",
        "reinit": "under an adapter the new weights of a layer would stay random",
        "freeze": "an adapter decides what is trained",
        "gradual_unfreezing": "an adapter decides what is trained",
    }

    def __init__(self, *, lr_scale: float, target_modules: list[str] | None) -> None:
        self._targets, self._lr_scale = target_modules, lr_scale
        self._saved: tuple[Any, dict[str, Tensor]] | None = None

    def inject(self, model: Any, settings: Mapping[str, Any]) -> Any:
        """Put the adapters into a Hugging Face model and freeze its other parameters; peft's tuner is returned.

        Args:
            model: that is changed in place.
            settings: for peft's config of the adapter: which layers, and whether they store their weights as (in, out).
        """
        raise NotImplementedError

    def configure_model(self, module: Any) -> None:
        """Inject the adapters, and freeze all other parameters of the backbone.

        Raises:
            UserError: if a target module is no linear layer of the model.
        """
        from transformers.pytorch_utils import Conv1D

        model = module.backbone.model
        self._updated = self._target_modules(model)
        transposed = isinstance(model.get_submodule(self._updated[0]), Conv1D)  # GPT-2 stores its weights as (in, out)
        self._tuner = self.inject(model, {"target_modules": self._updated, "fan_in_fan_out": transposed})

    def _target_modules(self, model: Any) -> list[str]:
        """The full names of the linear layers to update."""
        from peft.utils import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING as CHOSEN
        from transformers.pytorch_utils import Conv1D

        linear = [name for name, part in model.named_modules() if isinstance(part, nn.Linear | Conv1D)]
        wanted = CHOSEN.get(model.config.model_type) if self._targets is None else self._targets
        if wanted is None:
            return linear
        for target in wanted:
            if not any(_ends(name, target) for name in linear):
                known = sorted({name.rpartition(".")[2] for name in linear})
                raise UserError(
                    f"regularization.{self.name}.target_modules: {model.config.model_type} has no linear layer {target}"
                    f"{did_you_mean(target, known)}; expected some of {', '.join(known)}, or null for peft's choice"
                )
        found = [name for name in linear if any(_ends(name, target) for target in wanted)]
        if not found:
            raise UserError(
                f"regularization.{self.name}.target_modules is empty, so no layer of the backbone would be trained; name some, or set "
                "it to null for peft's choice"
            )
        return found

    def parameter_options(self, name: str, parameter: nn.Parameter, module: Any) -> dict[str, float]:
        """The factor for the updates."""
        return {"lr_scale": self._lr_scale} if f".{self._tuner.prefix}" in name else {}

    def finish(self, module: Any) -> None:
        """Add the updates to the weights, and remove the adapters; the adapter is kept to be saved."""
        self._saved = self._adapter(module)
        self._tuner.merge_and_unload(progressbar=False)

    def _adapter(self, module: Any) -> tuple[Any, dict[str, Tensor]]:
        """peft's config and weights of the adapter of the head's Hugging Face class, or of the base model if it has none."""
        from peft import get_peft_model_state_dict

        model, stem = module.backbone.model, getattr(module.head, "stem", None)
        base = f"{stem.base_model_prefix}." if stem is not None else ""
        whole: Any = nn.ModuleDict(
            {"base_model": self._tuner}
        )  # which gives each weight the name that PeftModel has for it
        whole.peft_config = self._tuner.peft_config
        found = get_peft_model_state_dict(whole, save_embedding_layers=False)
        weights = {name.replace(_MODEL, f"{_MODEL}{base}", 1): value for name, value in found.items()}
        trained = sorted(set(_trained_parts(stem, base))) if stem is not None else []
        if stem is not None:
            weights |= {
                f"{_MODEL}{name}": value
                for name, value in stem.state_dict().items()
                if name.removeprefix(base).partition(".")[0] in trained
            }
        config: Any = copy.deepcopy(self._tuner.peft_config["default"])
        config.target_modules = {
            f"{base}{name}" for name in self._updated
        }  # of 20 names or more peft keeps their ends only
        config.modules_to_save, config.inference_mode = trained or None, True
        name = str(getattr(model.config, "_name_or_path", ""))
        config.base_model_name_or_path = (Path(name).name if Path(name).exists() else name) or None
        # Copies, since safetensors refuses weights that share memory, such as a decoder's and its head's bias.
        return config, {name: value.detach().cpu().clone() for name, value in weights.items()}

    def save(self, folder: Path) -> None:
        """Write adapter/ with adapter_config.json and adapter_model.safetensors."""
        from safetensors.torch import save_file

        assert self._saved is not None, "finish comes first"
        config, weights = self._saved
        config.save_pretrained(folder / _FOLDER)
        save_file(weights, folder / _FOLDER / "adapter_model.safetensors", metadata={"format": "pt"})


def _ends(name: str, target: str) -> bool:
    """Whether a module has a name that ends with a target's parts, as peft matches them."""
    return name == target or name.endswith(f".{target}")


def _trained_parts(stem: Any, base: str) -> Iterator[str]:
    """The parts of a Hugging Face class beside its base model that have parameters which are trained, the pooler included."""
    for name, parameter in stem.named_parameters():
        if parameter.requires_grad:
            yield name.removeprefix(base).partition(".")[0]

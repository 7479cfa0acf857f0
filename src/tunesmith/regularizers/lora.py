"""LoRA: low-rank updates of frozen weights are trained instead of the weights (Hu et al., 2022), by peft."""

from collections.abc import Mapping
from typing import Any, Literal

from tunesmith.configuration.ranges import BelowOne, PositiveFloat, PositiveInt
from tunesmith.regularizers.adapter import Adapter


class Lora(Adapter):
    """W x becomes W x + alpha / r * B A x with A (r, in) random and B (out, r) zero at first; A, B and the head are trained.

    Args:
        variant: `rslora` scales by alpha / sqrt(r) (Kalajdzievski, 2023); `dora` also trains the norm of each output's
            weights (Liu et al., 2024).
        r: rank of the updates.
        alpha: their scale, relative to the rank.
        dropout: probability for the input of A.
        lr_scale: factor of the learning rate for the updates, which start from zero and are small: at the rate of whole
            weights they hardly learn.
        target_modules: last parts of the names of the linear layers that are updated; null: those that peft chooses for the
            family, or all for a family that it does not know. XLNet's attention has no linear layers in this sense.
    """

    name = "lora"

    def __init__(
        self,
        *,
        variant: Literal["lora", "rslora", "dora"],
        r: PositiveInt,
        alpha: PositiveFloat,
        dropout: BelowOne,
        lr_scale: PositiveFloat,
        target_modules: list[str] | None,
    ) -> None:
        super().__init__(lr_scale=lr_scale, target_modules=target_modules)
        self._settings: dict[str, Any] = {"r": r, "lora_alpha": alpha, "lora_dropout": dropout}
        self._settings |= {"use_rslora": variant == "rslora", "use_dora": variant == "dora"}

    def inject(self, model: Any, settings: Mapping[str, Any]) -> Any:
        """A and B beside each of the layers."""
        from peft import LoraConfig, LoraModel

        return LoraModel(model, LoraConfig(**self._settings, **settings), "default")

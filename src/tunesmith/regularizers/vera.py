"""VeRA: scales of shared random matrices are trained instead of the weights (Kopiczko et al., 2024), by peft."""

from collections.abc import Mapping
from typing import Any

import torch

from tunesmith.configuration.ranges import BelowOne, PositiveFloat, PositiveInt
from tunesmith.regularizers.adapter import Adapter


class Vera(Adapter):
    """W x becomes W x + b * B (d * A x); the vectors d (r) and b (out, zero at first) of each layer, and the head, are trained.

    A (r, in) and B (out, r) are random, frozen, and the same for all layers, of which smaller ones use a corner. They are
    drawn from the run's seed, and saved with the adapter.

    Args:
        r: rank of the updates.
        d_initial: what each element of d starts from.
        dropout: probability for the input of A.
        lr_scale: factor of the learning rate for the vectors, which are few and start from zero.
        target_modules: last parts of the names of the linear layers that are updated; null: those that peft chooses for the
            family, or all for a family that it does not know. XLNet's attention has no linear layers in this sense.
    """

    name = "vera"

    def __init__(
        self,
        *,
        r: PositiveInt,
        d_initial: PositiveFloat,
        dropout: BelowOne,
        lr_scale: PositiveFloat,
        target_modules: list[str] | None,
    ) -> None:
        super().__init__(lr_scale=lr_scale, target_modules=target_modules)
        self._settings: dict[str, Any] = {"r": r, "d_initial": d_initial, "vera_dropout": dropout}

    def inject(self, model: Any, settings: Mapping[str, Any]) -> Any:
        """The two vectors beside each of the layers."""
        from peft import VeraConfig, VeraModel

        seed = int(torch.randint(2**31, (), device="cpu"))
        return VeraModel(model, VeraConfig(**self._settings, **settings, projection_prng_key=seed), "default")

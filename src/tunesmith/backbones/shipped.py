"""Small models that ship with the package, pretrained on the generated corpus: experiments/mini_backbones/ says how."""

from pathlib import Path
from typing import Literal

from tunesmith.backbones.pretrained import Pretrained
from tunesmith.configuration.ranges import PositiveFloat, PositiveInt

WEIGHTS = Path(__file__).parent / "weights"


class Shipped(Pretrained):
    """Tokenizer, config and weights, which are stored in float16, of `weights/<family>/`.

    Args:
        family: which architecture.
        max_positions: tokens that the model allows.
        learning_rate: a good start for this model; `optimizer.lr` points here.
    """

    def __init__(
        self,
        *,
        family: Literal["bert", "roberta", "xlnet", "gpt2"],
        max_positions: PositiveInt | None,
        learning_rate: PositiveFloat,
    ) -> None:
        folder = str(WEIGHTS / family)
        super().__init__(name=folder, revision=None, max_positions=max_positions, learning_rate=learning_rate)

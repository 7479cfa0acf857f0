"""Small models that ship with the package, pretrained on the generated corpus; see experiments/mini_backbones/."""

from pathlib import Path
from typing import Literal

from tunesmith.backbones.pretrained import Pretrained
from tunesmith.configuration.ranges import PositiveFloat, PositiveInt

WEIGHTS = Path(__file__).parent / "weights"


class Shipped(Pretrained):
    """Tokenizer, config and float16 weights from `weights/<family>/`.

    Args:
        family: the architecture.
        max_positions: maximum sequence length.
        learning_rate: a good default for this model; `optimizer.lr` refers to it.
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

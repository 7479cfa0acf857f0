"""The model of the previous stage: a completed run's model/."""

from tunesmith.backbones.pretrained import Pretrained
from tunesmith.configuration.ranges import PositiveFloat, PositiveInt
from tunesmith.runs.folder import RunFolder


class Stage(Pretrained):
    """Tokenizer, config and weights of a run.

    Args:
        after: the run's config.
        max_positions: maximum sequence length; null for no limit.
        learning_rate: a good default for this model; `optimizer.lr` refers to it.
    """

    def __init__(
        self,
        *,
        after: dict,  # type: ignore[type-arg]
        max_positions: PositiveInt | None,
        learning_rate: PositiveFloat,
    ) -> None:
        folder = str(RunFolder.of(after).model)
        super().__init__(name=folder, revision=None, max_positions=max_positions, learning_rate=learning_rate)

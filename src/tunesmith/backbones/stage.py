"""The model of the previous stage: a completed run's model/."""

from typing import Any

from tunesmith.backbones.pretrained import Pretrained
from tunesmith.configuration.ranges import PositiveFloat, PositiveInt
from tunesmith.errors import UserError
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
        self._run = RunFolder.of(after)
        folder = str(self._run.model)
        super().__init__(name=folder, revision=None, max_positions=max_positions, learning_rate=learning_rate)

    def tokenizer(self, texts: Any, *, pre_split: bool) -> Any:
        """The stage's tokenizer; see `Pretrained.tokenizer`.

        Raises:
            UserError: if it is not the one the stage was trained with.
        """
        expected = self._run.read_json("manifest.json")["model"].get("tokenizer_file")
        if expected is not None and self._run.tokenizer_digest() != expected:  # runs of earlier versions have no digest
            raise UserError(
                f"the tokenizer in {self.name} does not match its model: it is not the one the stage was trained with; "
                f"remove {self._run.path} to retrain the stage"
            )
        return super().tokenizer(texts, pre_split=pre_split)

"""A pretrained model from the Hugging Face hub or a folder, such as a completed run's model/."""

import contextlib
import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tunesmith.backbones import checkpoint_files
from tunesmith.configuration.ranges import PositiveFloat, PositiveInt
from tunesmith.errors import UserError
from tunesmith.runs.folder import RunFolder
from tunesmith.storage.bounded_files import check_file

_TEXT_BYTES = 2**27  # the largest tokenizers have about 40 MB
_WEIGHTS_BYTES = 2**45


class Pretrained:
    """Tokenizer, config and weights by name. Only safetensors weights are loaded, and no code from the hub is run.

    Args:
        name: hub id or folder.
        revision: branch, tag or commit on the hub; null for the newest.
        max_positions: maximum sequence length, checked before anything is downloaded; null for no limit.
        learning_rate: a good default for this model; `optimizer.lr` refers to it.
    """

    def __init__(
        self, *, name: str, revision: str | None, max_positions: PositiveInt | None, learning_rate: PositiveFloat
    ) -> None:
        self.name, self.revision = name, revision
        self._checked = False

    def tokenizer(self, texts: Callable[[], Iterable[str]], *, pre_split: bool) -> Any:
        """The pretrained tokenizer; `texts` is not used.

        Args:
            pre_split: inputs are lists of words, which byte-level BPE encodes with a preceding space.
        """
        from transformers import AutoTokenizer

        options = {"add_prefix_space": True} if pre_split else {}
        with self._verifying("tokenizer"):
            tokenizer = self._load("tokenizer", AutoTokenizer.from_pretrained, **options)
        if pre_split:
            _with_prefix_space(tokenizer)
        if (
            tokenizer.padding_side == "left" and self.config().model_type != "xlnet"
        ):  # most count positions from the first id, padding included
            tokenizer.padding_side = "right"
        if tokenizer.pad_token is None:  # GPT-2: padding is masked, so any token will do
            tokenizer.pad_token = tokenizer.eos_token
        if not tokenizer.is_fast:
            raise UserError(f"backbone.name={self.name} has no fast tokenizer; convert it with transformers once")
        return tokenizer

    def tokenizer_key(self, tokenizer: Any) -> str:
        """A digest of the tokenizer's content."""
        return content_key(tokenizer)

    def config(self) -> Any:
        """The Hugging Face config."""
        from transformers import AutoConfig

        with self._verifying("config"):
            return self._load("config", AutoConfig.from_pretrained)

    def model(self, config: Any, auto_class: str = "AutoModel") -> Any:
        """The pretrained base model, or another `transformers` class, in float32, with the given config."""
        import torch
        import transformers

        options = {"config": config, "dtype": torch.float32, "use_safetensors": True}
        with self._verifying():
            return self._load("weights", getattr(transformers, auto_class).from_pretrained, **options)

    def commit(self) -> str | None:
        """The commit on the hub of the files that were loaded; None for a folder."""
        from huggingface_hub import try_to_load_from_cache

        if Path(self.name).is_dir():
            return None
        file = try_to_load_from_cache(self.name, "config.json", revision=self.revision or "main")
        return Path(file).parent.name if isinstance(file, str) else None  # snapshots/<commit>/config.json

    def _verifying(self, below: str = "") -> contextlib.AbstractContextManager[None]:
        """Verify the files of a run's model/ whose names start so; nothing for other folders, which have no digests."""
        folder = Path(self.name)
        return RunFolder(folder.parent).verifying_model(below) if folder.is_dir() else contextlib.nullcontext()

    def _load(self, what: str, loader: Callable[..., Any], **options: Any) -> Any:
        _check_files(Path(self.name))
        try:
            if not self._checked:
                checkpoint_files.check(self.name, self.revision or "main")
                self._checked = True
            return loader(self.name, revision=self.revision or "main", trust_remote_code=False, **options)
        except Exception as error:  # of many libraries, for files that are damaged, nested too deeply or made up
            reason = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
            raise UserError(
                f"backbone.name={self.name}: the {what} cannot be loaded ({reason.strip()}); expected a hub id, with network "
                "access or already downloaded, or a folder written by save_pretrained"
            ) from error


def _check_files(folder: Path) -> None:
    """Check that the files of a folder can be read: no pipes, and no texts of any size.

    Raises:
        UserError: for one that cannot.
    """
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        if file.exists() and not file.is_dir():
            check_file(file, limit=_TEXT_BYTES if file.suffix in (".json", ".txt", ".jinja") else _WEIGHTS_BYTES)


def _with_prefix_space(tokenizer: Any) -> None:
    """Set it where the class ignores `add_prefix_space`: byte-level BPE would merge two words into one."""
    from tokenizers.pre_tokenizers import ByteLevel

    found = getattr(tokenizer, "backend_tokenizer", None)
    if found is not None and isinstance(found.pre_tokenizer, ByteLevel):
        found.pre_tokenizer = ByteLevel(add_prefix_space=True, use_regex=found.pre_tokenizer.use_regex)


def content_key(tokenizer: Any) -> str:
    """A digest of a fast tokenizer's vocabulary, rules and special tokens."""
    content = tokenizer.backend_tokenizer.to_str() + repr(sorted(tokenizer.special_tokens_map.items()))
    content += f"{tokenizer.padding_side} {tokenizer.truncation_side}"
    if tokenizer.split_special_tokens:  # as in no run of version 0.1
        content += " special tokens are text"
    return hashlib.sha256(content.encode()).hexdigest()[:24]

"""Small models with random weights, and tokenizers trained on the training split; nothing is downloaded."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

from tunesmith.configuration.ranges import PositiveFloat, PositiveInt
from tunesmith.data import cache


class Mini:
    """A small model of a family's architecture.

    Args:
        family: architecture and kind of tokenizer.
        vocabulary: maximum vocabulary size.
        layers: number of layers.
        heads: attention heads per layer.
        width: hidden size.
        max_positions: maximum sequence length.
        learning_rate: a good default for this model; `optimizer.lr` refers to it.
    """

    def __init__(
        self,
        *,
        family: Literal["bert", "roberta", "xlnet", "gpt2"],
        vocabulary: PositiveInt,
        layers: PositiveInt,
        heads: PositiveInt,
        width: PositiveInt,
        max_positions: PositiveInt,
        learning_rate: PositiveFloat,
    ) -> None:
        self.family, self.vocabulary, self.max_positions = family, vocabulary, max_positions
        self.layers, self.heads, self.width = layers, heads, width

    def tokenizer(self, texts: Callable[[], Iterable[str]], *, pre_split: bool) -> Any:
        """The tokenizer trained on `texts`, or the cached one for the same texts.

        Args:
            pre_split: inputs are lists of words, each encoded with a preceding space.
        """
        from transformers import AutoTokenizer

        from tunesmith.backbones import mini_tokenizers

        content = cache.key_of(
            mini_tokenizers.VERSIONS[self.family], self.family, self.vocabulary, pre_split, *_digest(texts())
        )

        def write(folder: Path) -> None:
            trained = mini_tokenizers.train(self.family, texts(), vocabulary=self.vocabulary, pre_split=pre_split)
            trained.model_max_length = self.max_positions
            trained.save_pretrained(folder)

        folder = cache.entry("tokenizers", content, write)
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        return self._tokenizer

    def tokenizer_key(self, tokenizer: Any) -> str:
        """A digest of the tokenizer's content."""
        from tunesmith.backbones.pretrained import content_key

        return content_key(tokenizer)

    def config(self) -> Any:
        """The Hugging Face config; call `tokenizer` first."""
        from transformers import BertConfig, GPT2Config, RobertaConfig, XLNetConfig

        tokenizer = self._tokenizer
        size: dict[str, Any] = {
            "hidden_size": self.width,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
        }
        size["intermediate_size"] = 4 * self.width
        ids: dict[str, Any] = {
            "pad_token_id": tokenizer.pad_token_id,
            "bos_token_id": tokenizer.bos_token_id,
            "eos_token_id": tokenizer.eos_token_id,
        }
        common: dict[str, Any] = {"vocab_size": len(tokenizer), **ids}
        if self.family == "bert":
            return BertConfig(**common, **size, max_position_embeddings=self.max_positions)
        if self.family == "roberta":  # its positions start after the padding token's id
            return RobertaConfig(**common, **size, max_position_embeddings=self.max_positions + 2, type_vocab_size=1)
        if self.family == "xlnet":
            return XLNetConfig(
                **common, d_model=self.width, n_layer=self.layers, n_head=self.heads, d_inner=4 * self.width
            )
        return GPT2Config(
            **common, n_embd=self.width, n_layer=self.layers, n_head=self.heads, n_positions=self.max_positions
        )

    def model(self, config: Any, auto_class: str = "AutoModel") -> Any:
        """The base model, or another `transformers` class, with random weights."""
        import transformers

        found = getattr(transformers, auto_class)
        return found.from_config(config) if auto_class.startswith("Auto") else found(config)


def _digest(texts: Iterable[str]) -> tuple[int, str]:
    import hashlib

    digest, count = hashlib.blake2b(digest_size=16), 0
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
        count += 1
    return count, digest.hexdigest()

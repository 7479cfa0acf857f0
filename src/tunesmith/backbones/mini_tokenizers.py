"""Tokenizers of the four families, trained from scratch: WordPiece, byte-level BPE, Unigram, byte-level BPE."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, normalizers, pre_tokenizers, processors, trainers
from tokenizers.models import BPE, Unigram, WordPiece

# Part of the cache key of each family: increase it when the family's tokenizer changes.
VERSIONS = {"bert": 3, "roberta": 4, "xlnet": 4, "gpt2": 3}

END_OF_WORD = "\ue000"  # a private-use character, unchanged by NFKC; removed from the vocabulary


def train(family: str, texts: Iterable[str], *, vocabulary: int, pre_split: bool) -> Any:
    """A fast Hugging Face tokenizer that treats pairs, padding and special tokens as the family's published ones do.

    Args:
        family: bert, roberta, xlnet or gpt2.
        texts: to train on.
        vocabulary: maximum vocabulary size.
        pre_split: byte-level families add a space before a text's first word and before each word of a list.
    """
    if family in ("roberta", "gpt2"):
        return {"roberta": _roberta, "gpt2": _gpt2}[family](texts, vocabulary, prefix_space=pre_split)
    return {"bert": _bert, "xlnet": _xlnet}[family](texts, vocabulary)


def _wrap(tokenizer: Tokenizer, **options: Any) -> Any:
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **options)


def _bert(texts: Iterable[str], vocabulary: int) -> Any:
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    model = _word_piece(tokenizer, list(texts), vocabulary, special)
    tokenizer = _like(tokenizer, model)
    tokenizer.add_special_tokens(special)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")],
    )
    names = {
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
    }
    return _wrap(tokenizer, **names, model_input_names=["input_ids", "token_type_ids", "attention_mask"])


def _like(tokenizer: Tokenizer, model: WordPiece) -> Tokenizer:
    """The same pipeline with another model, without the tokens added for training."""
    fresh = Tokenizer(model)
    fresh.normalizer, fresh.pre_tokenizer = tokenizer.normalizer, tokenizer.pre_tokenizer
    fresh.decoder = tokenizer.decoder
    return fresh


def _word_piece(tokenizer: Tokenizer, texts: list[str], vocabulary: int, special: list[str]) -> WordPiece:
    """A reproducible vocabulary, although the trainer assigns ids to continuation pieces in hash-table order.

    Ids break ties between equally frequent merges, so these pieces get theirs before training, as special tokens.
    """
    characters = sorted({character for text in texts for character in tokenizer.normalizer.normalize_str(text)})
    inner = [f"##{character}" for character in characters if not character.isspace()]
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocabulary + len(inner), special_tokens=[*special, *inner], show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    numbers = tokenizer.get_vocab()
    pieces = sorted(numbers, key=numbers.__getitem__)[:vocabulary]
    return WordPiece({piece: number for number, piece in enumerate(pieces)}, unk_token="[UNK]")


def _byte_level(texts: Iterable[str], vocabulary: int, special: list[Any], *, prefix_space: bool) -> Tokenizer:
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix_space)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=special,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _roberta(texts: Iterable[str], vocabulary: int, *, prefix_space: bool) -> Any:
    # The mask token absorbs the preceding space, as RoBERTa's does. The trainer adds it: a token that is already there
    # keeps its flags when it is added again.
    mask = AddedToken("<mask>", lstrip=True, special=True)
    special = ["<s>", "<pad>", "</s>", "<unk>", mask]
    tokenizer = _byte_level(texts, vocabulary, special, prefix_space=prefix_space)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in ("<s>", "</s>")],
    )
    names = {"bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>", "pad_token": "<pad>"}
    return _wrap(
        tokenizer, **names, unk_token="<unk>", mask_token=mask, model_input_names=["input_ids", "attention_mask"]
    )


def _with_every_word_twice(texts: Iterable[str]) -> Iterator[str]:
    """The texts, then each distinct word once more, followed by a marker.

    Unigram's trainer starts from substrings that occur at least twice in the list of distinct words, however frequent a
    word is: one that is not part of another would never become a piece.
    """
    words: set[str] = set()
    for text in texts:
        words.update(text.split())
        yield text
    yield " ".join(word + END_OF_WORD for word in sorted(words))


def _in_any_order(pieces: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Scores that do not depend on the order of the trainer's hash tables.

    The trainer sums floats in that order, so scores are rounded; and it gives letters that no word needs slightly
    increasing scores from the lowest one up, so these all get the lowest.
    """
    lowest = round(min(score for _, score in pieces), 3)
    return [(piece, round(score, 3) if score > lowest + 0.01 else lowest) for piece, score in pieces]


def _xlnet(texts: Iterable[str], vocabulary: int) -> Any:
    mask = AddedToken("<mask>", lstrip=True, special=True)  # as in `_roberta`
    special = ["<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>", mask]
    tokenizer = Tokenizer(Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("``", '"')])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=vocabulary, special_tokens=special, unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(_with_every_word_twice(texts), trainer)
    pieces = _in_any_order(json.loads(tokenizer.to_str())["model"]["vocab"])
    pieces = [(piece, score) for piece, score in pieces if END_OF_WORD not in piece]
    learned = sorted(pieces[len(special) :], key=lambda entry: (-entry[1], entry[0]))
    tokenizer.model = Unigram([*pieces[: len(special)], *learned], unk_id=special.index("<unk>"))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A:0 <sep>:0 <cls>:2",
        pair="$A:0 <sep>:0 $B:1 <sep>:1 <cls>:2",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in ("<sep>", "<cls>")],
    )
    names = {"bos_token": "<s>", "eos_token": "</s>", "cls_token": "<cls>", "sep_token": "<sep>", "pad_token": "<pad>"}
    return _wrap(
        tokenizer,
        **names,
        unk_token="<unk>",
        mask_token=mask,
        padding_side="left",
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )


def _gpt2(texts: Iterable[str], vocabulary: int, *, prefix_space: bool) -> Any:
    end = "<|endoftext|>"
    tokenizer = _byte_level(texts, vocabulary, [end], prefix_space=prefix_space)
    names = {"bos_token": end, "eos_token": end, "unk_token": end, "pad_token": end}
    return _wrap(tokenizer, **names, model_input_names=["input_ids", "attention_mask"])

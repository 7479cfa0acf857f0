"""Tokens as people read them, in place of the spelling of a vocabulary: `##ing`, `▁the`, `Ġthe`, `æĹ¥` for 日.

Byte-level BPE (Radford et al., 2019) spells each byte of UTF-8 as a visible character, and its tokens may end inside a
character: the token in which a character begins shows the whole of it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

REST = "·"  # a token that only has the rest of the character before it
_SPACES = {"\n": "↵", "\r": "↵", "\t": "⇥"}
# Bytes that are visible characters of Latin-1 stand for themselves, the others for the characters from 256 on, in order.
_VISIBLE = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
_HIDDEN = [byte for byte in range(256) if byte not in _VISIBLE]
_BYTES = {chr(byte): byte for byte in _VISIBLE} | {chr(256 + number): byte for number, byte in enumerate(_HIDDEN)}


@dataclass(frozen=True)
class Token:
    """A token of a window.

    Attributes:
        text: what it says, without the space before it.
        space: whether it begins a word, so that a space comes before it.
        special: whether it is one of the model's own, such as [CLS], which is no part of a text.
    """

    text: str
    space: bool
    special: bool


def readable(ids: Sequence[int], tokenizer: Any) -> list[Token]:
    """The tokens of a window.

    Args:
        ids: of a window.
        tokenizer: a fast tokenizer.
    """
    spelled = tokenizer.convert_ids_to_tokens(list(ids))
    own = set(tokenizer.all_special_ids)
    if tokenizer.unk_token_id not in (tokenizer.eos_token_id, tokenizer.bos_token_id):  # else it is GPT-2's only one
        own.discard(tokenizer.unk_token_id)
    whole = {str(token) for token in tokenizer.added_tokens_decoder.values()}  # are spelled as they are
    special = [number in own for number in ids]
    decoder = type(tokenizer.backend_tokenizer.decoder).__name__
    texts: list[str] = []
    parts = _from_bytes([None if token in whole else token for token in spelled]) if decoder == "ByteLevel" else []
    for place, token in enumerate(spelled):
        if token in whole:
            texts.append(token)
        else:
            texts.append(parts[place] if parts else _from_piece(token, joins=decoder == "WordPiece"))
    return [
        Token(
            _visible(text[1:] if text[:1] == " " and len(text) > 1 else text), text[:1] == " " or token in whole, alone
        )
        for text, token, alone in zip(texts, spelled, special, strict=True)
    ]


def _from_piece(token: str, *, joins: bool) -> str:
    """A piece with a space before it if it begins a word: WordPiece marks those that do not, SentencePiece those that do."""
    if joins:
        return token[2:] if token.startswith("##") and len(token) > 2 else " " + token
    return token.replace("▁", " ")


def _from_bytes(tokens: Sequence[str | None]) -> list[str]:
    """The text of each byte-level token; empty for tokens that are no bytes, given as None."""
    parts = [None if token is None else bytes(_BYTES[letter] for letter in token) for token in tokens]
    texts: list[str] = []
    for number, part in enumerate(parts):
        if part is None:
            texts.append("")
            continue
        begins = next((place for place, byte in enumerate(part) if not _continues(byte)), len(part))
        text = part[begins:]
        for following in parts[number + 1 :] if text else ():
            rest = b"" if following is None else _beginning(following)
            text += rest
            if following is None or len(rest) < len(following):
                break
        texts.append(text.decode("utf-8", errors="replace") or REST)
    return texts


def _beginning(part: bytes) -> bytes:
    """The bytes at the beginning of a token that continue a character of the token before."""
    return part[: next((place for place, byte in enumerate(part) if not _continues(byte)), len(part))]


def _continues(byte: int) -> bool:
    """Whether a byte of UTF-8 is not the first one of its character."""
    return byte & 0b1100_0000 == 0b1000_0000


def _visible(text: str) -> str:
    """A text in which spaces, line breaks and control characters can be seen."""
    text = re.sub(r"\s", lambda found: _SPACES.get(found[0], "␣"), text)
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text) or "␣"

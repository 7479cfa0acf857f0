"""Family and maximum length of a backbone before it is loaded: from a local config.json, else from the YAML."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunesmith.errors import UserError
from tunesmith.storage.bounded_files import UnreadableError, read_json

# Their first positions, up to that of the padding token's id, are for padding.
_AFTER_PADDING = {
    "camembert",
    "data2vec-text",
    "ibert",
    "longformer",
    "luke",
    "mpnet",
    "roberta",
    "roberta-prelayernorm",
    "xlm-roberta",
    "xlm-roberta-xl",
    "xmod",
}
_PADDING = 1  # the id, unless a config has another


def family_of(backbone: Mapping[str, Any]) -> str | None:
    """Hugging Face's `model_type`; None for a model on the hub, which is not downloaded yet.

    Raises:
        UserError: if `name` is a folder without a model, or looks like a path that does not exist.
    """
    if "family" in backbone:
        return str(backbone["family"])
    found = _in_folder(backbone)
    return found.get("model_type") if found is not None else None


def positions(backbone: Mapping[str, Any]) -> int | None:
    """Maximum number of tokens of a backbone; None for no limit.

    Raises:
        UserError: if `name` is a folder without a model, or looks like a path that does not exist.
    """
    found = _in_folder(backbone)
    limit: int | None = backbone["max_positions"] if found is None else position_limit(found)
    return limit


def position_limit(model_config: Mapping[str, Any]) -> int | None:
    """Maximum number of tokens by a Hugging Face config; None for no limit, as with relative positions alone (XLNet, DeBERTa v3)."""
    family = model_config.get("model_type")
    if family == "xlnet":
        return None
    if family in ("deberta", "deberta-v2") and not model_config.get("position_biased_input", True):
        return None
    limit = model_config.get("max_position_embeddings") or model_config.get("n_positions")
    if not limit:
        return None
    padding = model_config.get("pad_token_id") if family != "mpnet" else None
    return int(limit) - (1 + (_PADDING if padding is None else padding) if family in _AFTER_PADDING else 0)


def is_in_folder(backbone: Mapping[str, Any]) -> bool:
    """Whether the model is a folder's, so that its own config is known.

    Raises:
        UserError: likewise.
    """
    return _in_folder(backbone) is not None


def _in_folder(backbone: Mapping[str, Any]) -> dict[str, Any] | None:
    """The config.json in the folder `name`; None if it is not a folder."""
    name = backbone.get("name")
    if name is None:
        return None
    folder = Path(name).expanduser()
    if not folder.is_dir():
        if name.startswith((".", "/", "~")) or name.count("/") > 1:
            raise UserError(
                f"backbone.name={name} is neither a folder nor a hub id such as google-bert/bert-base-uncased"
            )
        return None
    file = folder / "config.json"
    if not file.is_file():
        raise UserError(
            f"backbone.name={name} contains no config.json; expected a folder written by save_pretrained, such as a run's model/"
        )
    try:
        found = read_json(file)
    except UnreadableError as error:
        raise UserError(f"{error}; expected a folder written by save_pretrained") from None
    if not isinstance(found, dict):
        raise UserError(f"{file} contains {found!r:.40}; expected a model config written by save_pretrained")
    return found

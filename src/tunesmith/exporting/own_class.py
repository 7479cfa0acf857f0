"""The weights of an export are those of its own class, the one that its config.json names: none missing, none too many."""

from pathlib import Path
from typing import Any

from tunesmith.errors import UserError
from tunesmith.errors.messages import first_line
from tunesmith.storage.bounded_files import read_json


def architecture(folder: Path) -> str | None:
    """Name of the model's own class; None if its config.json names none."""
    names = read_json(folder / "config.json").get("architectures") or [None]
    return None if names[0] is None else str(names[0])


def transformers_class(name: str | None) -> Any:
    """The class of `transformers` with that name; None if there is none."""
    import transformers

    found = getattr(transformers, name or "", None)
    return found if isinstance(found, type) and issubclass(found, transformers.PreTrainedModel) else None


def fit_weights(folder: Path) -> None:
    """Remove the weights that the model's own class does not have, such as the pooler in a language model's run.

    Raises:
        UserError: if the class cannot load the weights, or needs others that are not there.
    """
    name = architecture(folder)
    found = transformers_class(name)
    if found is None:  # a class of the user's own
        return
    try:
        model, loaded = found.from_pretrained(folder, output_loading_info=True, dtype="auto", use_safetensors=True)
    except Exception as error:  # the loader raises errors of many libraries
        raise UserError(
            f"{name} cannot load the run's model: {first_line(error)}; expected the model/ folder as the run saved it"
        ) from error
    if loaded["missing_keys"]:
        raise UserError(
            f"the run's model lacks weights that its class {name} needs: {', '.join(sorted(loaded['missing_keys']))}; "
            "the head's `save` has to write all of them"
        )
    if loaded["unexpected_keys"]:
        for file in folder.glob("model*.safetensors*"):
            file.unlink()
        model.save_pretrained(folder)

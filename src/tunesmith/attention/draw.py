"""Draws what a completed run looks at in some texts: a page, and a PNG of each figure."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from tunesmith.attention import page, pictures
from tunesmith.attention.windows import Window, window
from tunesmith.configuration import Config
from tunesmith.data.encoding.special_tokens import Written
from tunesmith.documents.document import Picture
from tunesmith.errors import UserError
from tunesmith.figures import style
from tunesmith.runs.folder import RunFolder
from tunesmith.storage.new_folder import new_folder
from tunesmith.training.saved_model import load

MOST = 25  # texts of a page

Rows = Callable[[Any, Config], Iterator[dict[str, Any]]]  # of a task and the dataset's node
_WHAT = (
    "Attention weights say where a head looks, not why the model predicts what it does (Jain & Wallace, 2019). Layers and "
    "heads are numbered from 1, the first layer is the lowest. In the texts, the shade of a token says how much is looked at it; special "
    "tokens, and the first token of a model that only looks back, get no stronger shade than the most looked-at other token. "
    "Each token's number and weight appear when the pointer is on it."
)


def draw(
    run: RunFolder, config: Config, *, rows: Rows, output: str, limit: int, layer: int | None, head: int | None
) -> list[str]:
    """Write `attention.html` and the PNGs; return notes on what was left out.

    Args:
        run: completed.
        config: the run's, with the command line's changes.
        rows: the input's, given the task and the dataset's node.
        output: a new folder.
        limit: number of rows that are drawn, from the first.
        layer: number of the only layer that is drawn in full, with all its heads; None for the means of all layers.
        head: number of the only head that is drawn in full; None for all.

    Raises:
        UserError: for rows that cannot be read, a layer or head that does not exist, or a folder that exists.
    """
    module, task, tokenizer = load(run, config)
    backbone = module.backbone
    _check_number("layer", layer, backbone.layers)
    _check_number("head", head, int(backbone.config.num_attention_heads))
    special = Written(tokenizer, task)
    every = special.counted(rows(task, config["dataset"]))
    with new_folder(output) as folder:
        examples = []
        for number, row in enumerate(islice(every, limit), start=1):
            found = window(row, shown=f"row {number} of the input", module=module, task=task, tokenizer=tokenizer)
            examples.append(_example(found, number, folder, layer=layer, head=head))
        if not examples:
            raise UserError("the input has no rows; expected at least one text")
        left_out = sum(1 for _ in every)
        notes = []
        if left_out:
            notes.append(f"{left_out:,} further rows of the input are not drawn, as limit={limit} (at most {MOST})")
        if special.rows:
            notes.append(f"{special.rows:,} rows {special.note}")
        facts = [_model(run, backbone), _WHAT, *(f"{note[0].upper()}{note[1:]}." for note in notes)]
        outside = page.write(folder / "attention.html", title="Attention", facts=facts, examples=examples)
    if outside:
        notes.append(f"{outside:,} figures are only in their PNGs, so that the page stays below 5 MB")
    return notes


def _model(run: RunFolder, backbone: Any) -> str:
    heads = int(backbone.config.num_attention_heads)
    return f"Run {run.path.parent.name}/{run.path.name}: {backbone.config.model_type}, {backbone.layers} layers of {heads} heads."


def _check_number(name: str, number: int | None, count: int) -> None:
    if number is not None and not 1 <= number <= count:
        raise UserError(f"{name}={number}, but the model has {count} {name}s; expected a number from 1 to {count}")


def _example(found: Window, number: int, folder: Path, *, layer: int | None, head: int | None) -> page.Example:
    prefix = f"example-{number:02}"
    example = page.Example(f"Example {number}", found.notes, pictures.texts(found))
    example.summary = _saved(pictures.summary(found, prefix=prefix), folder)
    example.layers = _saved(pictures.layers(found, prefix=prefix, layer=layer, head=head), folder)
    return example


def _saved(drawn: Iterable[Picture], folder: Path) -> list[page.Drawn]:
    """Figures as PNGs and for the page, one at a time: a figure takes several megabytes."""
    found = []
    for picture in drawn:
        style.save(picture.figure, folder, picture.name, endings=("png",))
        found.append(page.drawn(picture))
    return found

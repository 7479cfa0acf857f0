"""Notebooks as pages: their cells of text and of code, in order. They have no outputs: a test executes them.

Source of the format: https://nbformat.readthedocs.io/en/latest/format_description.html
"""

import json
from pathlib import Path


def pages(folder: Path) -> dict[str, str]:
    """Markdown by place: a page for each notebook of a folder, which links to the notebook itself."""
    return {f"notebooks/{file.stem}.md": _page(file) for file in sorted(folder.glob("*.ipynb"))}


def _page(file: Path) -> str:
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    title, *blocks = [_block(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    return "\n\n".join([title, f"[The notebook itself]({file.name}), for Jupyter.", *blocks])


def _block(kind: str, source: str) -> str:
    return f"```python\n{source}\n```" if kind == "code" else source

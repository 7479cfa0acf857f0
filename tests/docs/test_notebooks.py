"""The notebooks are valid, have no outputs, and run from their first cell to their last."""

import nbformat
import pytest

from tests.docs.written import DOCS

NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))


def test_there_are_notebooks():
    assert len(NOTEBOOKS) == 3


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook(file, tmp_path, monkeypatch):
    notebook = nbformat.read(file, as_version=4)
    nbformat.validate(notebook)
    monkeypatch.chdir(tmp_path)
    values = {}
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None
            exec(compile(cell.source, f"{file.name}[{number}]", "exec"), values)

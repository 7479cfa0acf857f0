"""The Python on the pages compiles; what the page about exports shows gives the run's own predictions."""

import pytest

from tests.docs.written import DOCS, PAGES, blocks
from tunesmith import cli


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_python_compiles(page):
    for block in blocks(page, "python"):
        compile(block, page.name, "exec")


def test_an_export_predicts_as_its_run(tiny_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.run(["export", f"run={tiny_run.path}", "output=checkpoint"]) == 0
    with_transformers, _, with_tunesmith = blocks(DOCS / "how-to/export.md", "python")
    values = {}
    exec(with_transformers, values)
    exec(with_tunesmith.replace("runs/NAME/ID", str(tiny_run.path)), values)
    (found,) = values["classify"](["a gripping story"], top_k=None)
    (expected,) = values["run"].predict(["a gripping story"])
    assert {each["label"]: each["score"] for each in found} == pytest.approx(expected["probabilities"], abs=1e-5)

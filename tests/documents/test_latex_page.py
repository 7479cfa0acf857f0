"""A document as a LaTeX fragment: what it needs to be read into a two-column paper, and that pdfLaTeX sets it."""

import re
import shutil
import subprocess

import pytest

from tests.documents.made import HOSTILE, document, figure
from tunesmith.documents.document import Picture, Score, Section, Table
from tunesmith.documents.latex import breakable, escaped
from tunesmith.documents.latex_page import page
from tunesmith.figures import style

COMMAND = (
    "tunesmith train -m 'optimizer.lr=tag(log, interval(1e-5,1e-4))' regularization='[standard],[standard,supervised_contrastive]' "
    'name="a_long_name" dataset.train=/data/somewhere/quite/far/down/train-of-the-data.tsv backbone.revision='
    + "0123456789abcdef"
    * 4
)


def test_sections_paragraphs_tables_and_pictures():
    parts = ["A & b.", Table("t", "T", ["x"], [[1]], "N."), Picture("loss", "Loss", figure(), "Of 3 runs.")]
    text = page([Section("Results_1", parts)], figures="figures")
    assert r"\section*{Results\_1}" in text and "\n\nA \\& b.\n\n" in text
    assert r"\includegraphics[width=\linewidth]{figures/loss.pdf}" in text and r"\caption{Loss. Of 3 runs.}" in text
    assert r"\def\@captype{table}" in text and r"\caption{T. N.}" in text and r"\label{tab:t}" in text
    assert text.count(r"\begingroup") == text.count(r"\endgroup") == 1
    assert "includegraphics" not in page([Section("x", parts)], figures=None)


def test_no_rows_of_a_long_table_are_lost():
    table = Table("long", "Long", ["row"], [[f"row {number}"] for number in range(100)])
    text = page([Section("x", [table])], figures=None)
    assert [int(number) for number in re.findall(r"row (\d+) ", text)] == list(range(100))
    assert re.findall(r"label{(.*)}", text) == ["tab:long", "tab:long-2", "tab:long-3"] and "Long (3 of 3)." in text


@pytest.mark.parametrize("text", [HOSTILE, COMMAND, "short", "", "x" * 100, "a,b " * 5])
def test_breaks_change_no_character(text):
    assert breakable(text).replace(r"\allowbreak{}", "") == escaped(text)
    longest = max(map(len, re.split(r"\\allowbreak\{\}| ", breakable("x" * 100))))
    assert longest == 10 and r"\allowbreak" not in breakable("a-well-known word")


def test_characters_that_pdflatex_lacks_are_announced():
    assert "LuaLaTeX" in page([Section("中文")], figures=None) and "LuaLaTeX" not in page([Section("é")], figures=None)


@pytest.mark.latex
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize("encoding", ["OT1", "T1"])
def test_pdflatex_sets_it_in_a_two_column_paper(tmp_path, encoding):
    wide = Table("wide", "W" * 200, [f"regularization.weight_{n}" for n in range(12)], [[Score(0.1, 0.2)] * 12] * 80)
    many = [Table(f"many-{n}", f"Table {n}", ["path"], [["/a/very/long/path/" * 5]]) for n in range(60)]
    sections = [
        *document(),
        Section("B6 " + "x" * 80, [COMMAND, HOSTILE, "m" * 300, 'say "-- `x` \' ,,"', wide, *many]),
    ]
    (tmp_path / "figures").mkdir()
    for part in (part for section in sections for part in section.parts if isinstance(part, Picture)):
        style.save(part.figure, tmp_path / "figures", part.name)
    (tmp_path / "appendix.tex").write_text(page(sections, figures="figures"), encoding="utf-8")
    fonts = rf"\usepackage[{encoding}]{{fontenc}}"
    needed = r"\usepackage[margin=2.5cm]{geometry}\usepackage{booktabs,adjustbox,graphicx}"
    paper = rf"\documentclass[twocolumn]{{article}}{fonts}{needed}\begin{{document}}\appendix\input{{appendix}}\end{{document}}"
    (tmp_path / "paper.tex").write_text(paper)
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "paper.tex"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=100)
    assert result.returncode == 0, result.stdout[-2000:]
    too_wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt", result.stdout)]
    assert max(too_wide, default=0) <= 5 and "Overfull \\vbox" not in result.stdout
    assert "multiply defined" not in result.stdout

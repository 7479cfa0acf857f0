"""LaTeX: no character of a text is a command, and pdfLaTeX compiles it."""

import re
import shutil
import subprocess

import pytest

from tests.documents.made import HOSTILE, table
from tunesmith.documents.document import Table
from tunesmith.documents.latex import as_latex, escaped


def test_commands_are_ours_alone():
    ours = r"textbackslash|textasciicircum|textasciitilde|textless|textgreater|textbar|textasciigrave|textquotesingle"
    rest = re.sub(rf"\\(?:(?:{ours})\{{\}}|[{{}}$&#%_])|\{{-\}}", "", escaped(HOSTILE))
    assert not set(rest) & set("\\{}$&#%_^~<>|\"`'-\x1b\u202e\n")


def test_scores_and_heads():
    text = as_latex(table())
    assert r"\textbf{0.9123}$_{\pm 0.0123}$ & 1.50e{-}05" in text
    assert r"\toprule" in text and r"\midrule" in text and r"\bottomrule" in text
    assert text.count("\n\\begin{tabular}") == 1 and "rl" in text.split("\\begin{tabular}{@{}")[1][:6]


def test_a_wide_table_fits_the_width_of_the_line():
    wide = Table("wide", "Wide", [f"regularization.standard.weight_{number}" for number in range(12)], [[1.0] * 12])
    text = as_latex(wide)
    assert r"max width=\linewidth" in text and r"regularization. \\ {}standard." in text


BRACKETS = Table("lists", "Lists", ["[a]", "*b"], [["[standard]", "[1cm]"], ["*", "x"], ["[standard,rdrop]", "*"]])


def test_a_cell_in_brackets_is_no_length_of_the_line_before():
    rows = [line for line in as_latex(BRACKETS).splitlines() if line.endswith(r"\\")]
    assert len(rows) == 4 and all(row.startswith("{}") for row in rows)


@pytest.mark.latex
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_pdflatex_compiles_it(tmp_path):
    lines = [r"\documentclass{article}", r"\usepackage{booktabs,adjustbox}", r"\begin{document}"]
    lines += [as_latex(table()), as_latex(BRACKETS), r"\end{document}"]
    (tmp_path / "paper.tex").write_text("\n".join(lines))
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "paper.tex"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert result.returncode == 0, result.stdout[-2000:]
    assert (tmp_path / "paper.pdf").is_file() and "Overfull" not in result.stdout

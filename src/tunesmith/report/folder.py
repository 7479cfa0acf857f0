"""The folder of a report: a page, tables as LaTeX, Markdown and CSV, and each figure as PDF and PNG."""

from collections.abc import Sequence
from pathlib import Path

from tunesmith.documents import html, latex_page, markdown_page
from tunesmith.documents.comma_separated import as_csv
from tunesmith.documents.document import Picture, Section
from tunesmith.documents.latex import as_latex
from tunesmith.errors import UserError
from tunesmith.figures import style
from tunesmith.report.content import Content
from tunesmith.report.tables import every_number
from tunesmith.storage import files
from tunesmith.storage.contained import check_contained

PAGE = "report.html"


def check_target(target: Path, *, asked: bool) -> None:
    """Check that a report may be written to a folder.

    Args:
        target: the folder.
        asked: whether the user has named it.

    Raises:
        UserError: if there is something else than a report.
    """
    if target.is_symlink():
        raise UserError(f"output={target} is a link; set output to the folder itself, or to a new one")
    if target.exists() and not target.is_dir():
        raise UserError(f"output={target} is not a folder; set output to a new one")
    if target.is_dir() and any(target.iterdir()) and not (target / PAGE).is_file():
        remedy = "set output to a new folder" if asked else "set output=FOLDER, or move it"
        raise UserError(f"{target} exists and is no report; {remedy}")
    if target.is_dir():
        check_contained(target)


def write(content: Content, appendix: Sequence[Section], target: Path, *, title: str) -> Path:
    """Write all files of a report; returns its page.

    Args:
        content: of the page.
        appendix: what reviewers ask for, as files of its own.
        target: the folder.
        title: of the page.

    Raises:
        UserError: if the folder cannot be written.
    """
    pictures = [part for section in content.sections for part in section.parts if isinstance(part, Picture)]
    names = [picture.name for picture in pictures]
    assert len(names) == len(set(names)), f"two figures have one name: {names}"
    try:
        _remove_figures(target / "figures", keep=names)
        files.write_text(target / PAGE, html.page(title, content.sections, lead="tunesmith report"))
        files.write_text(target / "report.md", markdown_page.page(title, content.sections, figures="figures"))
        files.write_text(target / "table.tex", "\n".join(map(as_latex, content.paper)))
        files.write_text(target / "table.md", "\n\n".join(map(markdown_page.as_markdown, content.paper)) + "\n")
        files.write_text(target / "table.csv", as_csv(every_number(content.groups, content.scores)))
        files.write_text(target / "appendix.tex", latex_page.page(appendix, figures=None))
        files.write_text(
            target / "appendix.md", markdown_page.page("Appendix: how the results were obtained", appendix)
        )
        for picture in pictures:
            style.save(picture.figure, target / "figures", picture.name)
    except OSError as error:
        raise UserError(
            f"the report cannot be written to {target}: {error.strerror}; set output to a folder that can be written"
        ) from error
    return target / PAGE


def _remove_figures(folder: Path, *, keep: Sequence[str]) -> None:
    """Remove figures of an earlier report that this one does not have."""
    for file in folder.glob("*.p[dn][fg]"):
        if file.stem not in keep:
            file.unlink()

"""Helpers for tests of sections: parts by name, and the columns of a table by its first cells."""

from tunesmith.documents.document import Picture, Score, Table


def part(section, name):
    (found,) = (part for part in section.parts if not isinstance(part, str) and part.name == name)
    return found


def texts(section):
    return [part for part in section.parts if isinstance(part, str)]


def pictures(section):
    return {part.name: part for part in section.parts if isinstance(part, Picture)}


def means(table: Table):
    """For each row, by its first cell, the numbers by heading; a score as its mean."""
    return {
        row[0]: {
            heading: cell.mean if isinstance(cell, Score) else cell
            for heading, cell in zip(table.headings[1:], row[1:], strict=True)
        }
        for row in table.rows
    }

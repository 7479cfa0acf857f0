"""What MkDocs calls while it builds the site: pages that are made rather than written, and links that leave docs/.

Made pages exist in memory only: the reference from the YAMLs and signatures, the notebooks as text, and the files of the
project's root that belong on the site. Source of the events: https://www.mkdocs.org/dev-guide/plugins/#events
"""

import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

DOCS = Path(__file__).parents[1]
sys.path[:0] = [str(Path(__file__).parent)]  # MkDocs loads this file alone

import command_pages  # noqa: E402
import notebook_pages  # noqa: E402
import python_page  # noqa: E402
import setting_pages  # noqa: E402

ROOT_FILES = {"CONTRIBUTING.md": "contributing.md", "SECURITY.md": "security.md", "CHANGELOG.md": "changelog.md"}


def made_pages() -> dict[str, str]:
    """The Markdown of each page that is made, by its place on the site."""
    pages = (
        setting_pages.pages() | command_pages.pages() | python_page.pages() | notebook_pages.pages(DOCS / "notebooks")
    )
    for name, place in ROOT_FILES.items():
        pages[place] = (DOCS.parent / name).read_text(encoding="utf-8")
    return pages


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List a page of the reference for each group."""
    for section in config.nav or []:
        if isinstance(section, dict) and "Reference" in section:
            section["Reference"][2:2] = setting_pages.navigation()
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the made pages."""
    for place, text in made_pages().items():
        files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, *, page: Any, config: MkDocsConfig, files: Files) -> str:
    """Links between docs/ and the project's root lead to pages of the site."""
    place = page.file.src_uri
    up = "../" * place.count("/")
    from_root = place in ROOT_FILES.values()
    for name, target in ROOT_FILES.items():
        link = re.escape(name if from_root else f"{up}../{name}")
        markdown = re.sub(rf"\]\({link}(#[^)]*)?\)", rf"]({up}{target}\1)", markdown)
    return markdown.replace("](docs/", "](") if from_root else markdown

"""The built site: no dead link, no request that leaves it, and a reference that lacks nothing."""

import html
import logging
import re
import sys
from pathlib import Path

import pytest
import yaml

import tunesmith
from tests.docs.written import ROOT
from tunesmith import cli

CONF = ROOT / "conf"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site, and what its build has warned of."""
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    folder, warnings, before = tmp_path_factory.mktemp("site"), [], sys.path[:]
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: warnings.append(record.getMessage())
    logging.getLogger("mkdocs").addHandler(handler)
    try:
        build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder)))
    finally:
        logging.getLogger("mkdocs").removeHandler(handler)
        sys.path[:] = before
    return folder, warnings


def text(page: Path) -> str:
    """What a reader sees, and may search for."""
    return html.unescape(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8").replace("<wbr>", "")))


def test_links_lead_somewhere(site):
    """MkDocs checks pages and anchors of every link, and that each page is in the navigation."""
    assert site[1] == []


def test_no_request_leaves_the_site(site):
    loads = r"<(?:script|img|iframe|source)\b[^>]*\bsrc=[\"']?([^\"'> ]+)|<link\b[^>]*\bhref=[\"']?([^\"'> ]+)"
    pages = list(site[0].rglob("*.html"))
    assert len(pages) > 25
    for page in pages:
        for found in re.findall(loads, page.read_text(encoding="utf-8")):
            assert not re.match(r"(https?:)?//", "".join(found)), (page.name, found)
    for style in site[0].rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", style.read_text(encoding="utf-8")), style


def keys(node, path):
    for key, value in (node or {}).items():
        if isinstance(value, dict) and "_target_" in value:
            yield from keys(value, f"{path}.{key}")
        elif key not in ("defaults", "_target_", "source", "task"):
            yield f"{path}.{key}"


def test_the_reference_has_every_key_of_every_choice(site):
    files = [file for file in CONF.rglob("*.yaml") if not file.name.startswith("_") and file.parent != CONF]
    assert len(files) > 100
    for file in files:
        parts = file.relative_to(CONF).with_suffix("").parts
        group = "hydra/launcher" if parts[0] == "hydra" else parts[0]
        page = text(site[0] / f"reference/{group.replace('/', '_')}.html")
        assert "/".join(parts[1:]) in page if group == "experiment" else parts[-1] in page
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        package = re.search(r"@package (\S+)", file.read_text(encoding="utf-8"))
        missing = (
            []
            if group == "experiment"
            else [k for k in keys(content, package[1] if package else group.replace("/", ".")) if k not in page]
        )
        assert not missing, file


def test_the_reference_has_every_command_and_every_name(site, capsys):
    cli.run(["--help"])
    commands = re.findall(r"^  tunesmith (\w+) ", capsys.readouterr().out, flags=re.MULTILINE)
    found = (site[0] / "reference/commands.html").read_text(encoding="utf-8")
    assert len(commands) > 10 and [name for name in commands if f'id="{name}"' not in found] == []
    found = (site[0] / "reference/python.html").read_text(encoding="utf-8")
    assert [name for name in tunesmith.__all__ if f'id="{name}"' not in found] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_links_of_the_root_lead_to_files(name):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / name).read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), target

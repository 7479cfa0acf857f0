"""A target's file is the one of its dotted name, inside its package."""

import importlib
import sys

import pytest

from tunesmith.configuration import schema, targets
from tunesmith.errors import UserError

HEAD = "class Head:\n    def __init__(self, backbone, task, *, size: int | None):\n        self.size = size\n"


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """A trusted package of the user's."""
    package = tmp_path / "library/package_of_a_user"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "head.py").write_text(HEAD)
    monkeypatch.syspath_prepend(str(tmp_path / "library"))
    monkeypatch.setenv("TUNESMITH_PLUGINS", "package_of_a_user")
    importlib.invalidate_caches()
    yield package
    for name in [name for name in sys.modules if name.startswith("package_of_a_user")]:
        del sys.modules[name]
    schema.read_signature.cache_clear()


def test_a_plugin_is_read_and_loaded(plugin):
    assert schema.signature("package_of_a_user.head.Head", group="head").settings == {"size": int | None}
    assert targets.load("package_of_a_user.head.Head", group="head")(None, None, size=3).size == 3


@pytest.mark.parametrize(
    "target",
    [
        "package_of_a_user.../evil.Head",
        "package_of_a_user./{outside}/evil.Head",
        "package_of_a_user.head.Head\n",
        "package_of_a_user.head._Head",
        "package_of_a_user._private.Head",
        "package_of_a_user..head.Head",
        "package_of_a_user.he\u0430d.Head",
        "package_of_a_user.head.Head()",
        "package_of_a_user",
        "",
    ],
)
def test_what_is_no_dotted_name_is_refused(plugin, tmp_path, target):
    (tmp_path / "evil.py").write_text(HEAD)
    with pytest.raises(UserError, match="expected the dotted name"):
        schema.signature(target.format(outside=tmp_path), group="head")


def test_a_link_that_leads_out_of_the_package_is_no_module(plugin, tmp_path):
    (tmp_path / "evil.py").write_text(HEAD)
    (plugin / "linked.py").symlink_to(tmp_path / "evil.py")
    with pytest.raises(UserError, match=r"there is no module package_of_a_user\.linked"):
        schema.signature("package_of_a_user.linked.Head", group="head")
    (tmp_path / "store/package_of_a_user").mkdir(parents=True)  # an installer may link each file to its store
    (tmp_path / "store/package_of_a_user/head.py").write_text(HEAD)
    (plugin / "head.py").unlink()
    (plugin / "head.py").symlink_to(tmp_path / "store/package_of_a_user/head.py")
    assert schema.signature("package_of_a_user.head.Head", group="head").settings == {"size": int | None}


def test_what_was_checked_is_what_is_imported(plugin, tmp_path):
    importlib.import_module("package_of_a_user.head")
    (tmp_path / "other.py").write_text(HEAD)
    sys.modules["package_of_a_user.head"].__file__ = str(tmp_path / "other.py")
    with pytest.raises(UserError, match="but Python imports"):
        targets.load("package_of_a_user.head.Head", group="head")


def test_an_annotation_that_is_no_type_has_one_message(plugin):
    (plugin / "wrong.py").write_text("def head(backbone, task, *, size: open('x')): ...\n")
    with pytest.raises(UserError, match=r"wrong\.py: head has a setting with the type open\('x'\); expected one of"):
        schema.signature("package_of_a_user.wrong.head", group="head")

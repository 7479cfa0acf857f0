"""A target's file is the one of its dotted name, inside its package."""

import importlib
import inspect
import sys

import pytest

from tests.conftest import checked
from tunesmith.configuration import schema, targets
from tunesmith.configuration.ranges import PositiveFloat
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


@pytest.fixture
def module(tmp_path, monkeypatch):
    """The file of a module of the user's, whose functions are optimizers."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("TUNESMITH_PLUGINS", "plugin_of_mine")
    yield tmp_path / "plugin_of_mine.py"
    schema.read_signature.cache_clear()


def test_settings_are_those_of_inspect(module):
    module.write_text(
        "# -*- coding: latin-1 -*-\n# é\ndef mine(groups, *, lr: PositiveFloat, kind: str | None): ...\n", "latin-1"
    )
    names: dict = {"PositiveFloat": PositiveFloat}
    exec("def mine(groups, *, lr: PositiveFloat, kind: str | None): ...", names)
    parameters = inspect.signature(names["mine"]).parameters
    expected = {name: parameter.annotation for name, parameter in parameters.items() if name != "groups"}
    assert schema.read_signature("plugin_of_mine.mine").settings == expected


@pytest.mark.parametrize(
    "text,expected",
    [
        ("x = 1\ndef mine(groups\n", ", line 2: this is not valid Python: '(' was never closed"),
        (
            "def mine(groups, *, path: Path): ...\n",
            "mine has a setting with the type Path; expected one of",
        ),
        (
            "def mine(groups, *, x: 1 / 0): ...\n",
            "mine has a setting with the type 1 / 0; expected one of",
        ),
    ],
)
def test_what_cannot_be_read(module, text, expected):
    module.write_text(text)
    with pytest.raises(UserError) as raised:
        checked(["optimizer._target_=plugin_of_mine.mine"])
    assert len(raised.value.mistakes) == 1 and expected in str(raised.value)
    assert raised.value.mistakes[0].startswith("optimizer._target_: ")

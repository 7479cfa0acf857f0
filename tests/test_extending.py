"""docs/extending.md: its commands run in their order as written, on less data; its code is what `tunesmith new` writes."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from tests.conftest import TINY
from tests.sweeps.made import REPOSITORY, call

PAGE = REPOSITORY / "docs/extending.md"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)


def test_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = [line for block in blocks("bash") for line in block.splitlines()]
    assert len(lines) > 20 and {line.split()[0] for line in lines} == {"export", "tunesmith", "pytest"}
    for line in lines:
        words = shlex.split(line)
        if words[0] == "export":
            monkeypatch.setenv(*words[1].split("="))
        elif words[0] == "pytest":
            ended = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True)
            assert ended.returncode == 0, ended.stdout
        else:
            if words[1] == "train":  # less data and a smaller model
                words += [word for word in TINY if "size" not in word or "dataset=fasttext" not in words]
            (run,) = Path("runs/hinge").iterdir() if "hinge/ID" in line else (Path(),)
            called = call(*(word.replace("runs/hinge/ID", str(run)) for word in words[1:]))
            assert called.status == 0, f"{line}: {called.errors}"
    written = {file.read_text().strip() for file in Path("my_plugin").rglob("*") if file.suffix in (".py", ".yaml")}
    shown = [block.strip() for language in ("python", "yaml") for block in blocks(language)]
    (functions,) = {block for block in shown if block.startswith("import torch\n")}  # an optimizer and a schedule
    assert len(shown) == 8 and written.issuperset({*shown} - {functions})
    Path("my_plugin/functions.py").write_text(functions)
    words = [
        "optimizer._target_=my_plugin.functions.plain",
        *(f"~optimizer.{name}" for name in ("betas", "eps", "bias_correction")),
    ]
    words += ["scheduler=slanted_triangular", "scheduler._target_=my_plugin.functions.halved", "+scheduler.after=0.5"]
    called = call("check", "dataset.size=96", *TINY, *words, "~scheduler.cut_fraction", "~scheduler.ratio")
    assert called.status == 0, called.errors
    for name in [name for name in sys.modules if name.partition(".")[0] == "my_plugin"]:
        del sys.modules[name]


def test_the_files_that_it_names_exist():
    for name in re.findall(r"`((?:src|conf)/[\w./]+)`", PAGE.read_text()):
        assert (REPOSITORY / name).exists() or name.startswith("my_plugin"), name

"""What leads out of a folder is refused, but for what libraries leave in places that are never written again."""

import os

import pytest

from tests.sweeps.made import config_of, end
from tunesmith.errors import UserError
from tunesmith.runs.folder import RunFolder
from tunesmith.storage.contained import check_contained


@pytest.fixture
def places(tmp_path):
    (tmp_path / "folder/part").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    return tmp_path / "folder", tmp_path / "outside"


def test_links_within_a_folder_are_fine(places):
    folder, _ = places
    (folder / "part/file").touch()
    (folder / "latest").symlink_to("part")
    (folder / "part/absolute").symlink_to(folder / "part/file")
    (folder / "nowhere").symlink_to("gone")
    check_contained(folder)


@pytest.mark.parametrize("name", ["link", "part/link"])
@pytest.mark.parametrize("kind", ["link", "relative link", "pipe"])
def test_what_leads_out_is_refused(places, name, kind):
    folder, outside = places
    if kind == "pipe":
        os.mkfifo(folder / name)
    else:
        (folder / name).symlink_to(outside if kind == "link" else os.path.relpath(outside, (folder / name).parent))
    with pytest.raises(UserError, match=f"{name}; expected files and folders only"):
        check_contained(folder)
    check_contained(folder, finished=("*",)) if "/" in name else None


def test_a_run_that_wandb_has_logged_is_resumed(tmp_path):
    """W&B links from the folder of its run to a log in the user's cache."""
    config = config_of(f"output_dir={tmp_path}/runs")
    run = end(config, "interrupted")
    (run.path / "wandb/offline-run-1/logs").mkdir(parents=True)
    (run.path / "wandb/offline-run-1/logs/debug-core.log").symlink_to(tmp_path / "cache/core.log")
    (run.path / "wandb/latest-run").symlink_to("offline-run-1")
    RunFolder.claim(config).release()
    (run.path / "wandb/latest-run").unlink()
    (run.path / "wandb/latest-run").symlink_to(tmp_path)
    with pytest.raises(UserError, match="wandb/latest-run"):
        RunFolder.claim(config)

"""The weights of an export are those that its class needs, or the export is refused."""

import shutil

from safetensors.torch import load_file, save_file

from tunesmith import cli


def test_a_damaged_run(tiny_run, tmp_path, capsys):
    run = tmp_path / "run"
    shutil.copytree(tiny_run.path, run)
    weights = load_file(run / "model/model.safetensors")
    del weights["classifier.weight"]
    (run / "digests.json").unlink()  # as of an earlier version, whose files are not verified
    save_file(weights, run / "model/model.safetensors", metadata={"format": "pt"})
    words = ["export", f"run={run}", f"output={tmp_path}/export"]
    assert cli.run(words) == 2
    assert "BertForSequenceClassification needs: classifier.weight" in capsys.readouterr().err
    (run / "model/model.safetensors").write_bytes(b"no weights")
    assert cli.run(words) == 2
    assert "cannot load the run's model" in capsys.readouterr().err
    (run / "model/head.safetensors").unlink()
    assert cli.run(words) == 2
    assert "head.safetensors is missing" in capsys.readouterr().err
    assert not (tmp_path / "export").exists()

"""A program that calls tunesmith has its own logging and warnings back afterwards."""

import logging
import warnings

import pytest

from tunesmith.training import logging_setup


@pytest.mark.parametrize("captured", [False, True])
@pytest.mark.parametrize("fails", [False, True])
def test_logging_is_restored(tmp_path, captured, fails):
    root, library = logging.getLogger(), logging.getLogger("transformers")

    def settings():
        own = library.handlers[:], library.propagate, library.level
        return root.handlers[:], *own, warnings.filters[:], warnings.showwarning

    with warnings.catch_warnings():
        original = warnings.showwarning
        logging.captureWarnings(captured)
        handler = logging.FileHandler(tmp_path / "own.log", mode="w")
        root.addHandler(handler)
        before = settings()
        try:
            with logging_setup.restored():
                logging_setup.configure_libraries()
                logging_setup.log_to(tmp_path / "train.log")
                library.error("theirs")
                warnings.warn("ours", stacklevel=1)
                if fails:
                    raise KeyError
        except KeyError:
            assert fails
        assert settings() == before
        root.error("mine")  # the handler is open still
        logging.captureWarnings(False)
        assert warnings.showwarning is original
        root.removeHandler(handler)
        handler.close()
    assert (tmp_path / "own.log").read_text() == "mine\n"
    log = (tmp_path / "train.log").read_text()
    assert "theirs" in log and "ours" in log and "mine" not in log


def test_a_library_does_not_advertise(tmp_path):
    """The texts are those of Lightning 2.6 and transformers 5."""
    report = "BertModel LOAD REPORT from: bert\nKey | Status\n"
    with logging_setup.restored():
        logging_setup.log_to(tmp_path / "train.log")
        lightning = logging.getLogger("pytorch_lightning.utilities.rank_zero")
        lightning.info("GPU available: False, used: False")
        lightning.info("💡 Tip: For seamless cloud logging, try installing litlogger")
        for text in (
            "The number of training batches (7) is smaller than the logging interval Trainer(log_every_n_steps=10).",
            "You have overridden `on_before_batch_transfer` in `LightningModule` but have passed in a `LightningDataModule`.",
            "You're resuming from a checkpoint that ended before the epoch ended and your dataloader is not resumable.",
        ):
            warnings.warn(text, stacklevel=1)
        warnings.warn("`isinstance(treespec, LeafSpec)` is deprecated", FutureWarning, stacklevel=1)
        weights = logging.getLogger("transformers.modeling_utils")
        weights.warning(report + "cls.bias | UNEXPECTED")
        weights.warning(report + "pooler.bias | \x1b[33mMISSING\x1b[0m")
        warnings.warn("overflow in a sum", RuntimeWarning, stacklevel=1)
        logging.getLogger("tunesmith").info("epoch 1/3")
    text = (tmp_path / "train.log").read_text()
    assert "    pooler.bias | MISSING\n" in text and text.endswith(" INFO tunesmith: epoch 1/3\n")
    assert "RuntimeWarning: overflow in a sum" in text
    for word in ("GPU", "litlogger", "batches", "overridden", "resuming", "deprecated", "UNEXPECTED", "u001b"):
        assert word not in text

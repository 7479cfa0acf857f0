"""A class that does not fulfil its contract is refused by `check`, with one message that names method, expected and received."""

import sys

import pytest

from tests.conftest import TINY, checked
from tests.sweeps.made import call
from tunesmith.configuration import schema
from tunesmith.configuration.plugin_errors import explained
from tunesmith.contracts.classes import check_classes
from tunesmith.data.survey.survey import surveyed
from tunesmith.errors import UserError
from tunesmith.training import outline

HEAD = """
from torch import nn
from torch.nn import functional


class Mine(nn.Module):
    task = "text_classification"
    offers = ()

    def __init__(self, backbone, task):
        super().__init__()
        self.layer = nn.Linear(backbone.config.hidden_size, task.outputs)

    def forward(self, hidden, batch):
        return self.layer(hidden[:, 0])

    def loss(self, scores, batch):
        return functional.multi_margin_loss(scores, batch.targets["labels"])

    def decode(self, scores, batch):
        return {"prediction": scores.argmax(1), "probabilities": scores.softmax(1)}

    def save(self, backbone, folder):
        backbone.save(folder)
"""
SOURCE = """
class Rows:
    splits = ("train", "validation")

    def mistakes(self, columns):
        return []

    def rows(self, split):
        for number in range(8):
            yield number, {"text": f"word {number}", "label": "odd" if number % 2 else "even"}

    def fingerprint(self, split):
        return f"eight-{split}"

    def where(self, split, row):
        return f"{split}, row {row}"
"""
REGULARIZER = """
from tunesmith.regularizers.regularizer import Regularizer


class Small(Regularizer):
    def __init__(self, *, strength: float):
        self.strength = strength

    def penalty(self, step):
        return self.strength * step.plain.hidden.square().mean()
"""
CALLBACK = """
import pytorch_lightning as pl


class Ends(pl.Callback):
    def __init__(self, folder, monitor, mode):
        self.ends = 0

    def on_train_epoch_end(self, trainer, pl_module):
        self.ends += 1
"""
OPTIMIZER = """
import torch


def plain(groups, fused, *, lr: float, weight_decay: float):
    return torch.optim.SGD(groups, lr=lr, weight_decay=weight_decay)


def steps(total, *, drop: float):
    return lambda step: 1.0 if step < total / 2 else drop
"""
AS_HEAD = ["head._target_=contract_of_mine.Mine"]
AS_SOURCE = ["dataset=jsonl", "dataset.source=contract_of_mine.Rows", "dataset.text=text", "dataset.label=label"]
AS_SOURCE += [f"~dataset.{key}" for key in ("train", "validation", "test", "encoding")]
AS_REGULARIZER = ["+regularization.small={_target_: contract_of_mine.Small, strength: 0.1}"]
AS_OPTIMIZER = [
    "optimizer._target_=contract_of_mine.plain",
    "~optimizer.betas",
    "~optimizer.eps",
    "~optimizer.bias_correction",
]
AS_SCHEDULE = ["scheduler=slanted_triangular", "scheduler._target_=contract_of_mine.steps", "+scheduler.drop=0.1"]
AS_SCHEDULE += ["~scheduler.cut_fraction", "~scheduler.ratio"]
AS_CALLBACK = ["+callbacks.ends={_target_: contract_of_mine.Ends}"]
SMALL = [word for word in TINY if "size" not in word]


def tried(words):
    """What `check` does with the classes, without its tables."""
    with explained():
        config = checked(words)
        check_classes(config)
        outline.try_classes(config, surveyed(config["dataset"]))


@pytest.fixture
def check(tmp_path, monkeypatch):
    """A function that gives the messages of what `check` does, for a config with a class in the text of a plugin's module."""
    monkeypatch.setenv("TUNESMITH_PLUGINS", str(tmp_path / "contract_of_mine.py"))

    def messages(text, words, *, through_the_command=False):
        (tmp_path / "contract_of_mine.py").write_text(text)
        sys.modules.pop("contract_of_mine", None)
        schema.read_signature.cache_clear()
        words = [*SMALL, *([] if AS_SOURCE[1] in words else ["dataset.size=96"]), *words]
        if through_the_command:
            called = call("check", *words)
            assert "Traceback" not in called.errors
            return called.status, called.errors
        try:
            tried(words)
        except UserError as error:
            return 2, str(error)
        return 0, ""

    yield messages
    sys.modules.pop("contract_of_mine", None)


@pytest.mark.parametrize(
    "text,words",
    [
        (HEAD, AS_HEAD),
        (SOURCE, AS_SOURCE),
        (REGULARIZER, AS_REGULARIZER),
        (CALLBACK, AS_CALLBACK),
        (OPTIMIZER, [*AS_OPTIMIZER, *AS_SCHEDULE]),
    ],
)
def test_what_fulfils_its_contract_passes(text, words, check):
    status, errors = check(text, words, through_the_command=True)
    assert status == 0, errors


@pytest.mark.parametrize(
    "old,new,expected",
    [
        ("nn.Module)", "object)", "contract_of_mine.Mine is no class that is derived from torch.nn.modules.module.Module"),
        ("def decode", "def decide", "Mine has no method decode; expected decode(self, scores, batch)"),
        ("def forward", "def run", "Mine has no method forward; expected forward(self, hidden, batch): Scores (batch, ...)"),
        ("loss(self, scores, batch)", "loss(self, scores)", "Mine.loss takes (self, scores); expected loss(self, scores, batch)"),
        ("loss(self, scores, batch)", "loss(self, batch, scores)", "expected loss(self, scores, batch)"),
        ("__init__(self, backbone, task)", "__init__(self, task)", "expected (backbone, task, *, settings)"),
        ("offers = ()", "offers = ('distribution',)", "offers distribution, but has no method distribution"),
        ('    task = "text', '    work = "text', "has no constant task"),
        ("hidden[:, 0]", "hidden[:, 0, :3]", "forward of two examples fails"),
        ("hidden[:, 0]", "hidden[:, 0] + batch.targets['labels'][:, None]", "forward of examples without labels fails"),
        ("return functional.multi", "return 1.0; functional.multi", "loss: expected a scalar tensor, finite and with a gradient, received float 1.0"),
        ("return functional.multi", "return float('nan') * functional.multi", "with a gradient, received nan"),
        ("margin_loss(scores,", "margin_loss(scores.detach(),", "without a gradient"),
        ('labels"])', 'labels"], reduction="none")', "with a gradient, received a float32 tensor (2,)"),
        ("return {", "return scores; {", "decode: expected a dictionary of tensors with 2 rows"),
        ("scores.argmax(1)", "scores.argmax()", "decode: expected a dictionary of tensors with 2 rows, one for each of the batch, received prediction: "),
        (', "probabilities": scores.softmax(1)', "", "cannot score what it returned (prediction a int64 tensor (2,)): it lacks 'probabilities'"),
        ("scores.argmax(1)", "scores.argmax(0)", "decode: expected a dictionary of tensors with 1 row, one for each of the batch, received prediction: a int64 tensor (2,)"),
        ("scores.softmax(1)", "scores.softmax(0)", "Mine.decode: probabilities: expected the same for an example alone and beside others"),
        ("hidden[:, 0]", "hidden.mean(1)", "Mine.forward: scores: expected the same for an example alone and beside others"),
        ("scores.softmax(1)", "scores.log_softmax(1)", "expected probabilities from 0 to 1, received -"),
        ("backbone.save(folder)", "folder.mkdir()", "save: expected a folder with config.json and weights in safetensors, received none"),
        ("backbone.save(folder)", "raise ValueError('not yet')", "contract_of_mine.py, line 24, in save: ValueError: not yet"),
    ],
)  # fmt: skip
def test_a_head_that_does_not(old, new, expected, check):
    assert HEAD.count(old) == 1, old
    status, errors = check(HEAD.replace(old, new), AS_HEAD, through_the_command="save" in expected)
    assert status == 2 and expected in errors, errors


@pytest.mark.parametrize(
    "text,words,old,new,expected",
    [
        (SOURCE, AS_SOURCE, "def where", "def place", "Rows has no method where; expected where(self, split, row)"),
        (SOURCE, AS_SOURCE, 'splits = ("', 'parts = ("', "Rows has no attribute splits: Of train, validation and test"),
        (SOURCE, AS_SOURCE, "range(8)", "range(8 / 1)", "contract_of_mine.py, line 9, in rows: TypeError"),
        (REGULARIZER, AS_REGULARIZER, "(Regularizer)", "", "is no class that is derived from tunesmith.regularizers.regularizer.Regularizer"),
        (REGULARIZER, AS_REGULARIZER, "(self, step)", "(self, module, batch)", "Small.penalty takes (self, module, batch); expected penalty(self, step)"),
        (REGULARIZER, AS_REGULARIZER, "def penalty", "def penallty", "Small changes nothing: expected a method of tunesmith.regularizers.regularizer.Regularizer, such as penalty, received penallty; did you mean penalty?"),
        (CALLBACK, AS_CALLBACK, "_end(", "_ended(", "Ends changes nothing: expected a method of pytorch_lightning.callbacks.callback.Callback, such as on_train_epoch_end, received on_train_epoch_ended; did you mean on_train_epoch_end?"),
        (CALLBACK, AS_CALLBACK, "    def on_train_epoch_end", "    def on_save_checkpoint(self, trainer, pl_module, checkpoint): ...\n    def on_train_epoch_end", "Ends.on_save_checkpoint is never called, so a resumed run would lose its state; expected state_dict and load_state_dict"),
        (REGULARIZER, AS_REGULARIZER, "    def penalty", "    def on_load_checkpoint(self, trainer, pl_module, checkpoint): ...\n    def penalty", "Small.on_load_checkpoint is never called"),
        (OPTIMIZER, AS_OPTIMIZER, "return torch", "import numpy\n    groups[0]['scale'] = numpy.float64(lr)\n    return torch", "the state of contract_of_mine.plain contains numpy"),
        (OPTIMIZER, AS_OPTIMIZER, "groups, fused", "groups", "contract_of_mine.plain takes (groups, *, lr: float, weight_decay: float); expected (groups, fused, *, settings)"),
        (OPTIMIZER, AS_OPTIMIZER, "return torch", "torch", "contract_of_mine.plain gives NoneType; expected a torch.optim.Optimizer"),
        (OPTIMIZER, AS_OPTIMIZER, "SGD(groups, lr=lr,", "SGD(groups, lr=lr / 0,", "contract_of_mine.py, line 6, in plain: ZeroDivisionError"),
        (OPTIMIZER, AS_OPTIMIZER, "return torch", "lr = groups[0]['lr'] = float('inf'); return torch", "expected finite weights after a step, received -inf"),
        (OPTIMIZER, AS_SCHEDULE, "lambda step: 1.0 if step < total / 2 else drop", "0.5", "contract_of_mine.steps gives float; expected a function from the optimizer step"),
        (OPTIMIZER, AS_SCHEDULE, "else drop", "else step - total", "a number of at least 0, received -5 at step 5 of 10"),
        (OPTIMIZER, AS_SCHEDULE, "else drop", "else None", "received None at step 5 of 10"),
        (REGULARIZER, AS_REGULARIZER, ".mean()", ".mean(1)", "Small.penalty: expected None, or a scalar tensor, received a float32 tensor (8, "),
    ],
)  # fmt: skip
def test_another_class_that_does_not(text, words, old, new, expected, check):
    assert text.count(old) == 1, old
    status, errors = check(text.replace(old, new), words)
    assert status == 2 and expected in errors, errors


def test_a_fingerprint_of_two_splits_whose_rows_differ(check):
    """Validation would be scored on the tokens of the training rows."""
    constant = SOURCE.replace('f"eight-{split}"', '"eight"')
    assert check(constant, AS_SOURCE) == (0, "")  # the same rows
    status, errors = check(constant.replace('f"word {number}"', 'f"{split} {number}"'), AS_SOURCE)
    assert status == 2 and "Rows.fingerprint is 'eight' for train and for validation, whose rows differ" in errors, (
        errors
    )


# What a regularizer may do, each an addition to the class `Small`.
PREPARED = """
    def on_fit_start(self, trainer, pl_module):
        self.start = [part.detach().clone() for part in pl_module.parameters()]

    def penalty(self, step):
        return sum((own - start).square().sum() for own, start in zip(step.module.parameters(), self.start))
"""
ADVERSARIAL = """
    reads_gradient = True

    def penalty(self, step):
        return self.strength * step.forward(offset=step.embedding_gradient).loss
"""
ORDERED = """
    def check_task(self, task):
        self.labels = task.outputs

    def configure_backbone(self, config):
        self.width = config.hidden_size

    def configure_model(self, module):
        self.rows = self.labels * self.width

    def task_loss(self, step):
        self.seen = step.plain.loss
        return self.seen * 2

    def penalty(self, step):
        return self.strength * self.seen / self.rows
"""
DEEP = """
    def configure_model(self, module):
        list(module.backbone.model.encoder.layer)[-2].requires_grad_(False)
"""
MANY = """
    smallest_batch = 10

    def penalty(self, step):
        assert len(step.batch.rows) >= 10
        return None
"""
CLASSES = """
    def penalty(self, step):
        labels = step.batch.targets["labels"]
        same = labels[:, None] == labels
        distance = torch.cdist(step.plain.hidden[:, 0], step.plain.hidden[:, 0])
        return self.strength * (distance[same].mean() - distance[~same].mean())
"""


@pytest.mark.parametrize("body", [PREPARED, ADVERSARIAL, ORDERED, DEEP, MANY, CLASSES])
def test_what_a_regularizer_may_do_passes(body, check, tmp_path):
    text = "import torch\n" + REGULARIZER.partition("\n    def penalty")[0] + body
    status, errors = check(text, AS_REGULARIZER)
    assert status == 0, errors
    words = [*SMALL, "dataset.size=96", *AS_REGULARIZER, f"output_dir={tmp_path}", "trainer.max_steps=2"]
    called = call("train", *words)
    assert called.status == 0, called.errors


@pytest.mark.parametrize(
    "old,new",
    [
        ("return lambda step: 1.0 if", "assert total > 100, 'the warm-up'; return lambda step: 1.0 if"),
        ("else drop", "else drop * (total - step) / (total - 100)"),  # negative in a run of 10 steps
    ],
)
def test_a_schedule_for_long_runs_passes(old, new, check):
    assert OPTIMIZER.count(old) == 1
    status, errors = check(OPTIMIZER.replace(old, new), AS_SCHEDULE)
    assert status == 0, errors


def test_a_schedule_that_does_not_suit_the_steps_of_the_run_is_refused_before_the_first(check, tmp_path):
    check(OPTIMIZER.replace("else drop", "else drop * (total - step) / (total - 100)"), AS_SCHEDULE)
    words = [*SMALL, "dataset.size=96", *AS_SCHEDULE, f"output_dir={tmp_path}/run", "trainer.max_steps=3"]
    called = call("train", *words)
    assert called.status == 2 and "at least 0, received -0.001" in called.errors and "at step 2 of 3" in called.errors


def test_an_optimizer_that_computes_the_loss_again_passes(check):
    text = OPTIMIZER.replace("SGD(groups, lr=lr, weight_decay=weight_decay)", "LBFGS(groups[0]['params'], lr=lr)")
    assert text != OPTIMIZER
    status, errors = check(text, AS_OPTIMIZER)
    assert status == 0, errors


@pytest.mark.parametrize(
    "body,expected",
    [
        (DEEP.replace("-2", "-9"), "IndexError: list index out of range"),
        (ORDERED.replace("self.rows = ", "return "), "'Small' object has no attribute 'rows'"),
    ],
)
def test_what_fails_with_all_layers_too_is_refused(body, expected, check):
    status, errors = check(REGULARIZER.partition("\n    def penalty")[0] + body, AS_REGULARIZER)
    assert status == 2 and expected in errors, errors


@pytest.mark.parametrize(
    "old,new,warned",
    [
        ('scores, batch.targets["labels"])', 'scores, batch.targets["labels"])', False),
        ('labels"])', 'labels"], reduction="sum")', True),
        ('labels"])', 'labels"], weight=torch.tensor([1.0, 3.0])) + 1e9 * scores.var(0, correction=0).sum()', True),
        (
            'functional.multi_margin_loss(scores, batch.targets["labels"])',
            'functional.cross_entropy(scores, batch.targets["labels"], weight=torch.tensor([1.0, 3.0]))',
            True,
        ),
        (
            'functional.multi_margin_loss(scores, batch.targets["labels"])',
            'functional.cross_entropy(scores, batch.targets["labels"], weight=torch.tensor([1.0, 3.0]))\n\n'
            "    def loss_denominator(self, batch):\n"
            '        return torch.tensor([1.0, 3.0])[batch.targets["labels"]].sum()',
            False,
        ),
    ],
)
def test_a_loss_that_is_no_mean_over_examples_is_said(old, new, warned, check, capsys):
    assert HEAD.count(old) == 1
    rows = SOURCE.replace('f"word {number}"', '"a word" * (1 + number)').replace("if number % 2", "if number == 7")
    text = HEAD.replace(old, new).replace("from torch import nn", "import torch\nfrom torch import nn")
    status, errors = check(text.replace("\n\nclass", rows + "\n\nclass"), [*AS_SOURCE, *AS_HEAD])
    assert status == 0, errors
    assert ("Mine.loss of two examples is " in capsys.readouterr().out) == warned


def test_a_head_that_reads_another_layer_passes(check):
    text = HEAD.replace("self.layer =", "self.below = list(backbone.model.encoder.layer)[-2]\n        self.layer =")
    status, errors = check(text, AS_HEAD)
    assert status == 0, errors


def test_padding_is_tried_although_the_first_rows_are_of_one_length(check):
    rows = SOURCE.replace('f"word {number}"', '"a word " + "and more " * (number == 5)')
    assert rows != SOURCE
    mean = HEAD.replace("hidden[:, 0]", "hidden.mean(1)").replace("\n\nclass", rows + "\n\nclass")
    status, errors = check(mean, [*(word for word in AS_SOURCE), *AS_HEAD])
    assert status == 2 and "Mine.forward: scores: expected the same for an example alone and beside others" in errors


@pytest.mark.parametrize(
    "head,words",
    [
        ("classification", []),
        ("classification", ["dataset=demo_pairs", "backbone=random_xlnet"]),
        ("crf", ["dataset=demo_entities", "backbone=random_gpt2"]),
        ("token_classification", ["dataset=demo_entities", "backbone=random_roberta"]),
        ("span", ["dataset=demo_questions", "dataset.max_length=64", "dataset.stride=16"]),
        ("contrastive", ["dataset=demo_sentences"]),
        ("masked_lm", ["dataset=demo_corpus"]),
    ],
)
def test_a_subclass_of_a_shipped_head_passes(head, words, check):
    base = "".join(word.title() for word in head.split("_"))
    text = f"from tunesmith.heads.{head} import {base}\n\n\nclass Mine({base}):\n    pass\n"
    status, errors = check(text, [f"head={head}", *words, *AS_HEAD])
    assert status == 0, errors


@pytest.mark.parametrize("group,kind", [("callbacks", "Callback"), ("logger", "Logger")])
def test_what_is_no_callback_or_logger_is_refused_before_the_first_step(group, kind, tmp_path, monkeypatch):
    (tmp_path / "contract_of_mine.py").write_text("def nothing(folder, second, third): ...\n")
    sys.modules.pop("contract_of_mine", None)
    schema.read_signature.cache_clear()
    monkeypatch.setenv("TUNESMITH_PLUGINS", str(tmp_path / "contract_of_mine.py"))
    words = [*TINY, f"output_dir={tmp_path}", f"+{group}.mine={{_target_: contract_of_mine.nothing}}"]
    called = call("train", *words)
    sys.modules.pop("contract_of_mine", None)
    assert called.status == 2 and "contract_of_mine.nothing makes None; expected a pytorch_lightning" in called.errors
    assert kind in called.errors and "Traceback" not in called.errors

"""Ordinary slips, each answered with the words to type; and those words exist: they are composed and checked."""

import re

import pytest

from tests.conftest import composer, write_csv
from tunesmith import cli
from tunesmith.configuration import compose, reference, suggestions, synonyms
from tunesmith.configuration.bare_words import set_apart
from tunesmith.configuration.checks.check import check
from tunesmith.configuration.choice_suggestions import as_word
from tunesmith.configuration.choices import choices, conf_folders
from tunesmith.sweeps.sweep import plan

FOLDERS = conf_folders(None)

SLIPS = [  # what is typed, and a part of the answer
    ("lr=1e-4", "unknown key lr; did you mean optimizer.lr=1e-4?"),
    ("learning_rate=0.01", "did you mean optimizer.lr=0.01?"),
    ("learning-rate=1e-4", "did you mean optimizer.lr=1e-4?"),
    ("lr=fast", "did you mean optimizer.lr=3e-5?"),
    ("epochs=5", "did you mean trainer.max_epochs=5?"),
    ("num_train_epochs=2", "did you mean trainer.max_epochs=2?"),
    ("max_epochs=2", "did you mean trainer.max_epochs=2?"),
    ("trainer.epochs=2", "did you mean trainer.max_epochs=2?"),
    ("training.epochs=2", "did you mean trainer.max_epochs=2?"),
    ("batch_size=16", "did you mean dataset.batch_size=16?"),
    ("per_device_train_batch_size=8", "did you mean dataset.batch_size=8?"),
    ("train_batch_size=8", "did you mean dataset.batch_size=8?"),
    ("trainer.batch_size=8", "did you mean dataset.batch_size=8?"),
    ("fp16=true", "did you mean trainer.precision=16-mixed?"),
    ("trainer.fp16=true", "did you mean trainer.precision=16-mixed?"),
    ("bf16=true", "did you mean trainer.precision=bf16-mixed?"),
    ("bf16=false", "without trainer.precision=bf16-mixed it is off"),
    ("precision=bf16", "did you mean trainer.precision=bf16-mixed?"),
    ("gradient_accumulation_steps=4", "did you mean trainer.accumulate_grad_batches=4?"),
    ("warmup=0.06", "did you mean scheduler.warmup_ratio=0.06?"),
    ("warmup=100", "did you mean scheduler.warmup_ratio=null scheduler.warmup_steps=100?"),
    ("warmup_ratio=0.06", "did you mean scheduler.warmup_ratio=0.06?"),
    ("warmup_steps=100", "scheduler.warmup_steps=100?"),
    ("dropout=0.2", "did you mean regularization.standard.hidden_dropout=0.2?"),
    ("regularization.dropout=0.2", "did you mean regularization.standard.hidden_dropout=0.2?"),
    ("regularisation=[standard,mixout]", "did you mean regularization=[standard,mixout]?"),
    ("callback=[checkpoint,Early-Stopping]", "did you mean callbacks=[checkpoint,early_stopping]?"),
    ("loggers=[]", "did you mean logger=[]?"),
    ("weight_decay=0.1", "did you mean optimizer.weight_decay=0.1?"),
    ("early_stopping=true", "did you mean callbacks=[checkpoint,early_stopping]?"),
    ("patience=5", "did you mean callbacks=[checkpoint,early_stopping] callbacks.early_stopping.patience=5?"),
    ("model=roberta", "did you mean backbone=roberta?"),
    ("model=roberta-base", "did you mean backbone=roberta?"),
    ("model_name_or_path=bert-base-uncased", "did you mean backbone=bert?"),
    ("model_name_or_path=org/tiny-roberta", "did you mean backbone=roberta backbone.name=org/tiny-roberta?"),
    ("data=sst2", "did you mean dataset=sst2?"),
    ("data=rows.tsv", "did you mean dataset=csv dataset.train=rows.tsv?"),
    ("train_file=rows.jsonl", "did you mean dataset=jsonl dataset.train=rows.jsonl?"),
    ("gpus=2", "did you mean trainer.accelerator=gpu trainer.devices=2?"),
    ("gpus=0", "did you mean trainer.accelerator=cpu?"),
    ("device=cuda", "did you mean trainer.accelerator=gpu?"),
    ("max_len=64", "did you mean dataset.max_length=64?"),
    ("max_seq_length=64", "did you mean dataset.max_length=64?"),
    ("num_labels=3", "leave it out: labels are learnt"),
    ("metric_for_best_model=eval_f1", "did you mean monitor=validation/f1?"),
    ("save_steps=100", "did you mean callbacks.checkpoint.every_n_steps=100?"),
    ("logging_steps=5", "did you mean trainer.log_every_n_steps=5?"),
    ("eval_steps=5", "leave it out: a run is evaluated after each epoch"),
    ("resume=true", "leave it out: the same command again resumes"),
    ("output=out", "did you mean output_dir=out?"),
    ("run_name=mine", "did you mean name=mine?"),
    ("wandb=true", "did you mean logger=[csv,wandb]?"),
    ("report_to=wandb", "did you mean logger=[csv,wandb]?"),
    ("lr_scheduler_type=cosine", "did you mean scheduler=cosine?"),
    ("optim=adamw_torch", "did you mean optimizer=adamw?"),
    ("learnig_rate=1e-4", "did you mean optimizer.lr=1e-4?"),
    ("batchsize=8", "did you mean dataset.batch_size=8?"),
    ("optimizer.learning_rate=1e-4", "did you mean optimizer.lr=1e-4?"),
    ("dataset.max_len=64", "did you mean dataset.max_length=64?"),
    ("scheduler.warmup=0.1", "did you mean scheduler.warmup_ratio"),
    ("optimizer=AdamW", "did you mean optimizer=adamw?"),
    ("dataset=CSV", "did you mean dataset=csv?"),
    ("dataset=SST-2", "did you mean dataset=sst2?"),
    ("dataset=reviews.csv", "did you mean dataset=csv dataset.train=reviews.csv?"),
    ("backbone=bert-base-uncased", "did you mean backbone=bert?"),
    ("backbone=roberta-base", "did you mean backbone=roberta?"),
    ("backbone=FacebookAI/roberta-large", "did you mean backbone=roberta_large?"),
    ("backbone=microsoft/MiniLM-L12-H384", "did you mean backbone=bert backbone.name=microsoft/MiniLM-L12-H384?"),
    ("head=CRF", "did you mean head=crf?"),
    ("head=ner", "did you mean head=token_classification?"),
    ("scheduler=constant_with_warmup", "did you mean scheduler=constant?"),
    ("regularization=[standard,dropout]", "did you mean regularization.standard.hidden_dropout=0.1?"),
    ("logger=tb", "did you mean logger=[csv,tensorboard]?"),
    ("trainer=gpu", "did you mean trainer.accelerator=gpu?"),
    ("optimizer.lr=log(1e-5,1e-3)", 'did you mean -m sweep=tpe "optimizer.lr=tag(log, interval(1e-5,1e-3))"?'),
    ("lr=loguniform(1e-5, 1e-3)", 'did you mean -m sweep=tpe "optimizer.lr=tag(log, interval(1e-5,1e-3))"?'),
    ("optimizer.lr=uniform(0.1,0.2)", '"optimizer.lr=interval(0.1,0.2)"?'),
    ("hydra/sweeper=optuna", "did you mean -m sweep=tpe?"),
    ("hydra.sweeper.n_trials=30", "did you mean -m sweep=tpe sweep.trials=30?"),
    ("hydra.sweeper.params.seed=1,2", "did you mean -m sweep=tpe seed=1,2?"),
    ("hydra.run.dir=out", "did you mean output_dir=out?"),
    ("--seed 3", "unknown option --seed; did you mean seed=3?"),
    ("--lr 1e-4", "did you mean optimizer.lr=1e-4?"),
    ("--epochs=3", "did you mean trainer.max_epochs=3?"),
    ("--fp16", "did you mean trainer.precision=16-mixed?"),
    ("--dataset.max_length 64", "did you mean dataset.max_length=64?"),
    ("--output_dir out", "did you mean output_dir=out?"),
    ("--info", "--cfg job prints the config"),
    ("--hydra-help", "tunesmith train --help"),
    ("--config-name x", "experiment=NAME"),
    ("-m hydra/sweeper=optuna seed=1,2", "did you mean -m sweep=tpe?"),
    ("-m hydra/launcher=slurm seed=1,2", "did you mean hydra/launcher=submitit_slurm?"),
    ("-m lr=1e-5,3e-5", "did you mean optimizer.lr=1e-5?"),
    # lightning-hydra-template and Lightning
    ("model.optimizer.lr=1e-4", "did you mean optimizer.lr=1e-4?"),
    ("model.optimizer._target_=torch.optim.AdamW", "did you mean optimizer=adamw?"),
    ("trainer.gpus=2", "did you mean trainer.accelerator=gpu trainer.devices=2?"),
    ("trainer.max_epoch=5", "did you mean trainer.max_epochs=5?"),
    ("trainer.fast_dev_run=true", "leave it out: tunesmith check checks settings and data; trainer.max_steps=10"),
    ("trainer.limit_train_batches=0.1", "leave it out: a short run has trainer.max_steps=10"),
    ("trainer.logger=false", "did you mean logger=[]?"),
    ("trainer.enable_progress_bar=false", "did you mean trainer.progress_bar=false?"),
    ("trainer.check_val_every_n_epoch=2", "leave it out: a run is evaluated after each epoch"),
    (
        "callbacks.early_stopping.patience=5",
        "did you mean callbacks=[checkpoint,early_stopping] callbacks.early_stopping.patience=5?",
    ),
    ("callbacks.early_stopping.monitor=x", "did you mean callbacks=[checkpoint,early_stopping] monitor=x?"),
    (
        "callbacks.model_checkpoint.dirpath=x",
        "did you mean callbacks=[checkpoint]? (choices: checkpoint, early_stopping, weight_norm)",
    ),
    ("regularization.rdrop.alpha=1", "did you mean regularization=[standard,rdrop] regularization.rdrop.alpha=1?"),
    ("logger.wandb.project=x", "did you mean logger=[csv,wandb] logger.wandb.project=x?"),
    ("ckpt_path=last.ckpt", "the same command again resumes an interrupted run; a finished one is a backbone"),
    ("hparams_search=optuna", "did you mean sweep=tpe?"),
    ("tags=[dev]", "did you mean logger=[csv,wandb] logger.wandb.tags=[dev]?"),
    ("paths.output_dir=out", "did you mean output_dir=out?"),
    ("data.batch_size=32", "did you mean dataset.batch_size=32?"),
    # LLaMA-Factory, AllenNLP, simpletransformers, TrainingArguments
    ("finetuning_type=lora", "did you mean regularization=[standard,lora]?"),
    ("lora_target=q_proj", "regularization.lora.target_modules=[query,value]?"),
    ("cutoff_len=512", "did you mean dataset.max_length=512?"),
    ("val_size=0.1", "leave it out: every tenth training row is held out"),
    ("plot_loss=true", "leave it out: tunesmith report DIR draws the learning curves"),
    ("deepspeed=ds.json", "leave it out: each GPU has the whole model"),
    ("adam_beta2=0.98", "did you mean optimizer.betas=[0.9,0.999]?"),
    ("lr_scheduler_type=cosine_with_restarts", "did you mean scheduler=cosine?"),
    ("train_data_path=train.csv", "did you mean dataset=csv dataset.train=train.csv?"),
    ("trainer.cuda_device=0", "CUDA_VISIBLE_DEVICES says which GPUs a run sees"),
    ("model.text_field_embedder.model_name=bert-base-cased", "did you mean backbone=bert_cased?"),
    ("early_stopping_metric=mcc", "did you mean monitor=validation/matthews?"),
    ("manual_seed=4", "did you mean seed=4?"),
    ("labels_list=[a,b]", "did you mean dataset.labels=[a,b]?"),
    ("class_weights=[1,2]", "did you mean regularization=[standard,class_weights]?"),
    ("push_to_hub=true", "leave it out: tunesmith export writes a folder with a model card"),
    ("cache_dir=/tmp", "leave it out: the variable TUNESMITH_CACHE names the folder"),
    ("metric=f1", "did you mean dataset.metrics=[f1]?"),
    ("loss=focal", "did you mean regularization=[standard,focal]?"),
    ("freeze_layers=6", "did you mean regularization=[standard,freeze] regularization.freeze.layers=6?"),
    ("hidden_size=256", "did you mean backbone.width=256?"),
    # other spellings of groups, choices and values
    ("Optimizer=adamw", "did you mean optimizer=adamw?"),
    ("DATASET=csv", "did you mean dataset=csv?"),
    ("schedular=linear", "did you mean scheduler=linear?"),
    ("scheduler.name=cosine", "did you mean scheduler=cosine?"),
    ("backbone.name=bert", "did you mean backbone=bert?"),
    ("backbone=distilroberta-base", "did you mean backbone=roberta backbone.name=distilroberta-base?"),
    ("backbone=robertta", "did you mean roberta?"),
    ("dataset=glue/sst2", "did you mean dataset=sst2?"),
    ("dataset.path=a.csv", "did you mean dataset=csv dataset.train=a.csv?"),
    ("experiment=dapt", "did you mean experiment=demo/dapt?"),
    ("config=my.yaml", "did you mean experiment=NAME, a file below experiment/ in the folder of --config-dir DIR?"),
    ("trainer.precision=fp16", "did you mean trainer.precision=16-mixed?"),
    ("trainer.accelerator=cuda", "did you mean trainer.accelerator=gpu?"),
    ("trainer.devices=auto", "give the number of GPUs or processes: trainer.devices=2"),
    ("monitor=val_acc", "did you mean validation/accuracy?"),
    ("dataset.metrics=[acc]", "did you mean accuracy?"),
    ("dataset.labels=a,b", "all of them in one run: dataset.labels=[a,b]"),
    ("-m optimizer.lr=[1e-5,3e-5]", "several values are a sweep: -m optimizer.lr=1e-5,3e-5"),
]

SPLIT = [  # words that are no key=value, as a shell has split them
    ("csv", "'csv' is not key=value; did you mean dataset=csv or logger=[csv]?"),
    ("bert", "did you mean backbone=bert?"),
    ("roberta-base", "did you mean backbone=roberta?"),
    ("early_stopping", "did you mean callbacks=[checkpoint,early_stopping]?"),
    ("fp16", "did you mean trainer.precision=16-mixed?"),
    ("train.tsv", "did you mean dataset=csv dataset.train=train.tsv?"),
    ("my.yaml", "did you mean experiment=NAME, a file below experiment/"),
    ("dataset", "did you mean dataset=NAME? tunesmith list dataset shows the names"),
    ("dataset csv", "'dataset csv' is not key=value; did you mean dataset=csv?"),
    ("dataset.csv", "did you mean dataset=csv?"),
    ("seed", "did you mean seed=...?"),
    ("lr 1e-4", "'lr 1e-4' is not key=value; did you mean optimizer.lr=1e-4?"),
    ("lr: 1e-4", "did you mean optimizer.lr=1e-4?"),
    ("learning_rate:1e-4", "did you mean optimizer.lr=1e-4?"),
    ("optimizer.lr =1e-4", "did you mean optimizer.lr=1e-4?"),
    ("optimizer.lr = 1e-4 seed=2", "'optimizer.lr = 1e-4' is not key=value; did you mean optimizer.lr=1e-4?"),
    ("optimizer.lr= 1e-4", "did you mean optimizer.lr=1e-4?"),
    ("dataset.text=my column", 'if it belongs to the value before it: "dataset.text=my column"'),
    ("xyzzy", "'xyzzy' is not key=value; expected group=choice or key=value"),
    ("-m seed=1,2 csv", "'csv' is not key=value; did you mean dataset=csv"),
]


@pytest.fixture(autouse=True)
def shared(monkeypatch):
    """Hydra composes each set of choices once for all tests: 0.2 s."""
    found = composer()
    monkeypatch.setattr(compose, "Composer", lambda config_dir: found)


@pytest.mark.parametrize("typed,expected", SLIPS)
def test_a_slip_is_answered_with_the_right_words(capsys, typed, expected):
    words = typed.split(" ") if typed.startswith("-") else [typed]
    assert cli.run(["check", *words]) == 2
    captured = capsys.readouterr()
    assert expected in captured.err and not captured.out
    assert "Traceback" not in captured.err


@pytest.mark.parametrize("typed,expected", SPLIT)
def test_words_without_an_equals_sign(capsys, typed, expected):
    assert cli.run(["check", *typed.split(" ")]) == 2
    captured = capsys.readouterr()
    assert expected in captured.err and not captured.out and len(captured.err.splitlines()) == 1


def test_an_empty_value_and_a_deletion_are_overrides():
    assert set_apart(["name=", "seed=2", "~trainer.progress_bar", "a=b c"], expected="") == (
        ["name=", "seed=2", "~trainer.progress_bar", "a=b c"],
        [],
    )


def test_scores_under_another_name_exist():
    names = {name for scores in reference.scores_by_task().values() for name in scores}
    assert set(synonyms.SCORES.values()) <= names


def test_nothing_is_guessed_for_an_unknown_word(capsys):
    assert cli.run(["check", "xyzzy=1"]) == 2
    assert capsys.readouterr().err == "tunesmith: unknown key xyzzy\n"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, None, [], "", -3])
def test_values_that_do_not_fit_are_not_repeated(value):
    assert suggestions.for_name("epochs", value) == "trainer.max_epochs=3"


def suggested():
    """All words on the right-hand side of the tables, and those of their values."""
    yield from synonyms.KEYS.values()
    yield from synonyms.SWITCHES.values()
    yield from synonyms.HYDRA.values()
    for pair in synonyms.BY_VALUE.values():
        yield from pair
    for key, values in synonyms.VALUES.items():
        yield from (f"{key}={value}" for value in values.values())
    for name in synonyms.GROUPS:
        yield suggestions.for_name(name, "nothing of the kind")
    for group, names in synonyms.CHOICES.items():
        yield from (name if "=" in name else as_word(group, name) for name in names.values())
    yield from (f"backbone={choice} backbone.name=org/model" for choice in synonyms.FAMILIES.values())
    for text in synonyms.WITHOUT_KEY.values():
        yield from re.findall(r"[a-z_]+\.[a-z_.]+=\S*[\w\]]", text)
    for form in synonyms.DISTRIBUTIONS.values():
        yield f"-m sweep=tpe optimizer.lr={form.format('1', '2').replace(', ', ',')}"


@pytest.mark.parametrize("words", sorted(set(suggested())))
def test_what_is_suggested_exists(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("train.csv", "validation.csv", "test.csv"):
        write_csv(tmp_path / name, [("a", "good"), ("b", "bad")] * 10)
    multirun, overrides = words.startswith("-m "), words.removeprefix("-m ").split(" ")
    if "hydra/launcher=submitit" in words:
        pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    if multirun:
        if not any("sweep=tpe" in word or "," in word for word in overrides):
            overrides.append("seed=1,2")
        if any(word.startswith("sweep=") and word != "sweep=grid" for word in overrides):
            overrides += [] if any("interval" in word for word in overrides) else ["optimizer.lr=interval(1e-5,1e-3)"]
        overrides += ["trainer.max_epochs=3"]
        assert plan([*overrides, "dataset.size=96", f"output_dir={tmp_path}"], config_dir=None).jobs
        return
    if "head=" in words and "dataset=" not in words:
        task = {"span": "demo_questions", "causal_lm": "demo_corpus", "masked_lm": "demo_corpus"}
        task |= {"contrastive": "demo_sentences", "crf": "demo_entities", "token_classification": "demo_entities"}
        name = words.rpartition("=")[2]
        overrides += [f"dataset={task.get(name, 'demo_reviews')}"] if name in task else []
        overrides += ["backbone=random_gpt2"] if name == "causal_lm" else []
        overrides += ["dataset.max_length=64", "dataset.stride=16"] if name == "span" else []
    config = composer().compose(overrides)
    chosen = [word for word in overrides if word.startswith("dataset=")]
    if chosen and "train" not in words:  # a dataset may need a file or another head
        assert chosen[0].partition("=")[2] in choices("dataset", FOLDERS)
        return
    check(config)


@pytest.mark.parametrize(
    "key,expected", [("checkpoint", "run"), ("model", "run"), ("file", "input"), ("out", "output"), ("runn", "run")]
)
def test_keys_of_commands_on_a_run(capsys, key, expected):
    assert cli.run(["predict", f"{key}=x"]) == 2
    assert f"unknown key {key}; did you mean {expected}?" in capsys.readouterr().err

"""Names of learning rates."""

from torch import nn

from tunesmith.training.rate_names import rate_names

NAMES = [
    "backbone.model.embeddings.word.weight",
    "backbone.model.encoder.layer.0.query.weight",
    "backbone.model.encoder.layer.0.query.bias",
    "backbone.model.encoder.layer.1.query.weight",
    "backbone.model.pooler.weight",
    "head.projection.weight",
    "head.other.weight",
]
PARAMETERS = {name: nn.Parameter() for name in NAMES}


def named(*groups):
    return rate_names(
        [{"params": [PARAMETERS[NAMES[number]] for number in numbers], **scale} for scale, numbers in groups],
        PARAMETERS,
    )


def test_one_rate_needs_no_name():
    assert named(({}, [0, 1, 3]), ({"weight_decay": 0.0}, [2])) == []
    assert named(({"lr_scale": 0.5}, range(7))) == []


def test_a_rate_is_named_after_what_its_parameters_share():
    groups = [({"lr_scale": 0.1}, [0]), ({"lr_scale": 0.2}, [1]), ({"lr_scale": 0.2, "weight_decay": 0}, [2])]
    found = named(*groups, ({"lr_scale": 0.5}, [3]), ({}, [5, 6]))
    assert found == [
        "embeddings.word.weight",
        "encoder.layer.0.query",
        "encoder.layer.0.query",
        "encoder.layer.1.query.weight",
        "head",
    ]


def test_a_rate_without_a_name_of_its_own_is_named_after_its_factor():
    assert named(({"lr_scale": 0.5}, [0, 1]), ({}, [4, 5])) == ["scale_0.5", "scale_1"]
    assert named(({"lr_scale": 0.5}, [5, 6]), ({"lr_scale": 0.25}, [5, 6])) == ["scale_0.5", "scale_0.25"]

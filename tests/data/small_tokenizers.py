"""Small tokenizers of the four families, trained once in a process."""

import functools

from tunesmith.backbones.mini_tokenizers import train

FAMILIES = ("bert", "roberta", "xlnet", "gpt2")
TEXT = "Ada met Bo in the old mill , where nobody else was there : who saw unbelievable wonders ? one two three four"


@functools.cache
def small_tokenizer(family, *, pre_split=False):
    return train(family, [TEXT, TEXT.replace(" , ", ", ")], vocabulary=330, pre_split=pre_split)

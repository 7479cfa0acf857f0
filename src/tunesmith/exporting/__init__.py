"""A completed run as a folder for `from_pretrained`: weights, tokenizer, and a model card that says how to use them."""

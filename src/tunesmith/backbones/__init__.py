"""Backbones: where tokenizer, config and weights come from, and the one module that wraps them."""

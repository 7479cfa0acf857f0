"""Backbones: sources of tokenizer, config and weights, and the module that wraps them."""

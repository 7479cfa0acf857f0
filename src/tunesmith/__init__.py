"""tunesmith: config-driven fine-tuning of pretrained transformers."""

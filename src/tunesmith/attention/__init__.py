"""What a trained model looks at: its attention weights, drawn."""

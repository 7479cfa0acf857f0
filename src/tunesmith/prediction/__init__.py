"""New texts in, predictions out, as a stream."""

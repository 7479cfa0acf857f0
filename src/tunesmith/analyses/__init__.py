"""What the predictions of a run show: one file for each kind of task, predictions in, a section of a document out."""

"""Training of reference models on a folder of labelled images; an interrupted run can be resumed."""

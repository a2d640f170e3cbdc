"""Where an inference's time goes, by operator and module."""

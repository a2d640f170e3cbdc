"""Checkpoints: where they come from, how they are read, whether they fit."""

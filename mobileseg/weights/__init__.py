"""Weights: finding, downloading and reading checkpoints, and loading them into a model."""

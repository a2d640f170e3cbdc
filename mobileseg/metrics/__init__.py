"""Metrics: accuracy against labels, and agreement of two models."""

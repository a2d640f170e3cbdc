"""Decoders that several families share, each with its deploy model."""

"""Decoders and heads that several families share, each with its deploy version."""

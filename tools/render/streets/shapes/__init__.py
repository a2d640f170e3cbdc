"""Meshes as numpy arrays."""

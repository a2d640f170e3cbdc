"""Procedural street scenes: shapes and plans in plain numpy, and their pictures through Blender."""

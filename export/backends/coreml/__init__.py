"""Core ML: the converter, its runtime on macOS, and our interpreter elsewhere."""

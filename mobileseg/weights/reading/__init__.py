"""From a file on this disk to its tensors, without running anything that is in it."""

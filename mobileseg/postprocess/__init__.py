"""What becomes of a network's outputs: class maps at full size, panoptic maps."""

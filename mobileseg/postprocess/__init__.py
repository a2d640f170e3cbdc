"""Postprocessing of a network's outputs: class maps at full size, and panoptic segments."""

"""Axial-DeepLab: panoptic segmentation and the Axial-ResNet classifiers."""

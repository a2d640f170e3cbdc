"""Axial-DeepLab and Axial-SWideRNet for panoptic segmentation, and the Axial-ResNet classifiers."""

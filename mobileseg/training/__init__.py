"""Training of reference models on a folder of labelled images: data, augmentation, losses, a loop that can be killed at any time."""

"""From what Blender renders to pictures, labels and motion."""

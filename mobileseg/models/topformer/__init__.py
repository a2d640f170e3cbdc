"""TopFormer, the control."""

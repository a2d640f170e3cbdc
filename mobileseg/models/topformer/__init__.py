"""TopFormer, a known network to compare with."""

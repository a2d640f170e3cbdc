"""SeaFormer."""

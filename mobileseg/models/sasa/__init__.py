"""Stand-alone self-attention (SASA)."""

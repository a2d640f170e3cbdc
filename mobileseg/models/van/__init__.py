"""VAN, the visual attention network."""

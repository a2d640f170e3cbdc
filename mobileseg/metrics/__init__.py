"""How good a class map is, and how far apart two outputs are."""

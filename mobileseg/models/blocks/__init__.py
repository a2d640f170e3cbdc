"""Building blocks of several families, and rewrites that several deploy models share."""

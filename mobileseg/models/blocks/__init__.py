"""What several families are built from, and the rewrites that several deploy models share."""

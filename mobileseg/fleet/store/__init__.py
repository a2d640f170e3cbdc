"""What is known: results and files on disk, by the content of what went into them."""

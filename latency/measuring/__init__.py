"""One measurement from the request to its result."""

"""Is the device fit to be measured? What it says of itself, and the gates over it."""

"""ARM cores under QEMU: what one inference executes."""

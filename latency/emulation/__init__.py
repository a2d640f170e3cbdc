"""ARM cores under QEMU: counts what one inference executes, with a QEMU plugin."""

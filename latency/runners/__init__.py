"""The programs that run a file on a device, and how the C++ one is built."""

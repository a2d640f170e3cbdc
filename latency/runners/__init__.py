"""The programs that run an exported file on a device, and the build of the one in C++."""

"""What turns a graph into a file and runs it: one folder a target."""

"""The targets: one folder each, with what lowers a graph to a file and what runs the file."""

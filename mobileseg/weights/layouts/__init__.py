"""From the keys that a file has to the keys of a model here: prefixes, other projects' names, what lies beside the network."""

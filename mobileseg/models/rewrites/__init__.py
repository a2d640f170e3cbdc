"""Rewrites of an exported graph that hold for any network, a file each: what the deploy models of the zoo do by hand."""

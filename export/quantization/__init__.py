"""From a deploy model to its quantized graph: ranges, roundings, and what stays float."""

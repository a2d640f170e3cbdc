"""Quantizing a deploy model: calibration, the quantized graph, fake quantization, and the operators that stay float."""

"""ONNX: the exporter, ranges of roundings, ONNX Runtime."""

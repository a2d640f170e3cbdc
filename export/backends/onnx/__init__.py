"""ONNX: lowering, dynamic quantization, and ONNX Runtime."""

"""What makes ExecuTorch's and XNNPACK's passes quick, to the same bytes: see ``passes.quick_passes``."""

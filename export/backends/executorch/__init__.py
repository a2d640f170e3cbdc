"""ExecuTorch: lowering to XNNPACK, its delegation report, its runtime."""

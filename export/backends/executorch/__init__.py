"""ExecuTorch: lowering to XNNPACK, graph rewrites for it, the delegation report, and the runtime."""

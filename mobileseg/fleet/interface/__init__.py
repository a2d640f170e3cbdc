"""What ``import mobileseg.fleet`` offers, a file a question. Nothing heavy is imported until a function is called."""

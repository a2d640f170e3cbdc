"""One self-contained HTML page from results: comparisons, measurements, and what changed between two of them."""

"""One self-contained HTML page from results: comparisons, measurements, and differences between two measurements."""

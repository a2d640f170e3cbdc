"""Charts as Vega-Lite specifications: plain dictionaries, made by pure functions, drawn by the page's script."""

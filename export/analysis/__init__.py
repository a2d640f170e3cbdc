"""Where an int8 file loses accuracy, and what keeping a layer float costs."""

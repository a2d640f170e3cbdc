"""Images, masks, classes, data sets, and the bundled samples."""

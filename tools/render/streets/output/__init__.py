"""Files of a data set and their record."""

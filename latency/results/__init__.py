"""What a measurement says: the JSON, its statistics, the difference of two, the budget."""

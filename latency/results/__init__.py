"""The result of a measurement: its JSON schema, its statistics, the comparison of two results, the budget of counts."""

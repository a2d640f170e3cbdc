"""The zoo: reference models, deploy models, and the table of both."""

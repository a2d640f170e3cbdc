"""The zoo: original forms, deploy forms, and the table of both."""

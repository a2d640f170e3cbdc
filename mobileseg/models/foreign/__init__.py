"""Networks that are not ours: found by name, built, tried, and refused with the line of their code where they cannot be exported."""

"""Profiles: the time of one inference by operator and by module, from each runtime's own recording."""

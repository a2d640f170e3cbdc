"""The devices: one file and one row in ``table.py`` per kind; ``contract.py`` is what each has to offer."""

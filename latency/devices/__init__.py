"""What can be measured on: one file a kind of device, one row each in `table.py`."""

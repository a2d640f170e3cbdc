"""What is done with a cell: export, verify, compare, measure; a file and a row of ``table.py`` each."""

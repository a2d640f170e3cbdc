"""What stands and moves in a street, one maker of shapes per kind of thing."""

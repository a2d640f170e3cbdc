"""What a sweep is asked for: the plan's file, its matrix, and the cells that it stands for."""

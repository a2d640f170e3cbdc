"""The rows of the zoo: one file a family. Data alone; nothing here imports torch."""

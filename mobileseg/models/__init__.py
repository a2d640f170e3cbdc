"""The model zoo: reference models, deploy models, and the registry."""

"""A lead signs, or returns with a reason."""

"""The incidents, and one with its whole story."""

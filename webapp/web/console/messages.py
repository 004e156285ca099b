"""The messages of a notice, per channel and language."""

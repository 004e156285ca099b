"""The rules in the console: read, changed, tried, signed."""

"""A notice while it goes out: progress, stop, withdraw."""

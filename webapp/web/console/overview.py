"""What waits, what is live, what ends today."""

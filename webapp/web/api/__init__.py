"""What programs read and write."""

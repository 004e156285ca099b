"""What everybody sees: no cookie, no script."""

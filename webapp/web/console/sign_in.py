"""Sign in, sign out."""

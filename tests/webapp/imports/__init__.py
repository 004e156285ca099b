"""Reading files of subscribers."""

"""Reads files of subscribers, ours and other tools', row by row; knows nothing of the store."""

"""Places: keys, distances, shapes. No database of its own, no Flask."""

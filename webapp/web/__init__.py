"""The doors: parse, one verb, answer."""

"""One file a format: what it is called, how it is recognised, how one of its rows reads."""

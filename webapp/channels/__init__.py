"""One module an adapter; each knows its provider and nothing else of ours."""

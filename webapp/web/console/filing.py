"""File an incident, with the recommendation beside it."""

"""Decides which channels serve an incident, and says why. Pure: no clock, network, database or framework."""

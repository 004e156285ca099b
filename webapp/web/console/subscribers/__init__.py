"""Subscribers behind the sign-in: found, looked at, brought, grouped, kept out."""

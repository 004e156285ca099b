"""The providers' stand-in on this machine: Twilio, SMTP, Graph, and an inbox to look at."""

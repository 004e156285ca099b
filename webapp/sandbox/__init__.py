"""The providers' stand-in: Twilio, a mail server and a Facebook page on this machine, with an inbox to look at."""

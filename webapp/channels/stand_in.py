"""The account that the providers' stand-in knows. Public: it opens nothing else."""

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "5ve9" * 8
SENDER = "+15551234567"
SERVICE_SID = "MG" + "0" * 32
PAGE_ID = "104000000000001"
PAGE_TOKEN = "EAAG-sandbox-page-token"  # noqa: S105  known to everybody
APP_SECRET = "5b0c" * 8
MAIL_SENDER = "notices@sandbox.example"
MAIL_USER = "sandbox"
MAIL_PASSWORD = "sandbox-mail-password"  # noqa: S105  known to everybody
PUSH_KEY = "dmVnIHNhbmRib3ggcHVzaCBrZXkgMjAyNiAuLi4uLi4"  # known to everybody

"""Whether a report really comes from Twilio."""

from collections.abc import Mapping

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # twilio publishes no types


def verify_callback(
    auth_token: str, public_url: str, params: Mapping[str, object] | str, signature: str | None
) -> bool:
    """Check `X-Twilio-Signature` over all parameters received, or over a JSON body given as text.

    `public_url` is the address that the provider was given, never the request's own: a TLS proxy changes that.
    A forged request can make the validator raise in several ways; each of them is a no.
    """
    try:
        return bool(auth_token) and bool(RequestValidator(auth_token).validate(public_url, params, signature))
    except Exception:  # whatever it is, the signature was not good
        return False

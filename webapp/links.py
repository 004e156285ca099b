"""Addresses that prove themselves: what we sign, only we can have made."""

import base64
import hmac
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeSerializer


@dataclass(frozen=True, slots=True)
class Links:
    """Builds and reads signed addresses of this installation."""

    public_url: str
    secret_key: str

    @property
    def status(self) -> str:
        """The status page."""
        return self.public_url

    def receipt(self, key: str) -> str:
        """Where a provider reports on a delivery."""
        return f"{self.public_url}/hooks/twilio/status?delivery={self._signed('receipt', key)}"

    def receipt_key(self, token: str) -> str | None:
        """The delivery that a report is about; None = we did not make this address."""
        key = self._read("receipt", token)
        return key if isinstance(key, str) else None

    def preferences(self, subscriber_id: int) -> str:
        """Where a subscriber sees and changes everything."""
        return f"{self.public_url}/subscribe/mine/{self._signed('subscriber', subscriber_id)}"

    def unsubscribe(self, subscriber_id: int) -> str:
        """Where one POST unsubscribes (RFC 8058)."""
        return f"{self.public_url}/subscribe/leave/{self._signed('subscriber', subscriber_id)}"

    def subscriber_id(self, token: str) -> int | None:
        """Whose link it is; None = we did not make it."""
        found = self._read("subscriber", token)
        return found if isinstance(found, int) else None

    def hook_secret(self, salt: str) -> str:
        """What a webhook with this salt is signed with, as Standard Webhooks writes it."""
        key = hmac.digest(self.secret_key.encode(), f"webhook:{salt}".encode(), "sha256")
        return f"whsec_{base64.b64encode(key).decode()}"

    def approval(self, notice_id: object) -> str:
        """Where a lead approves."""
        return f"{self.public_url}/console/notices/{notice_id}/approval"

    def _signed(self, purpose: str, content: object) -> str:
        return str(URLSafeSerializer(self.secret_key, salt=purpose).dumps(content))

    def _read(self, purpose: str, token: str) -> object:
        try:
            return URLSafeSerializer(self.secret_key, salt=purpose).loads(token)
        except BadSignature:
            return None

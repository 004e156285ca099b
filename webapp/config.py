"""Settings, from the environment; nothing else reads it. An unknown or malformed setting says what to write instead."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class BadSetting(ValueError):
    """A setting cannot be used; the sentence says which and what to write."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that an installation may choose. Secrets have no default outside a demonstration."""

    instance: Path
    database_url: str
    public_url: str  # as subscribers and providers see us; no slash at the end
    secret_key: str
    hold_s: float  # between approval and first sending, to be able to stop; 0 for danger to life
    sender_threads: int
    sandbox_url: str  # "" = no sandbox
    sandbox_smtp: str  # host:port
    environ: Mapping[str, str]  # what the adapters' settings are read from

    @property
    def has_secure_cookies(self) -> bool:
        """Cookies only over HTTPS, unless the site itself is plain HTTP (a demonstration on this machine)."""
        return self.public_url.startswith("https://")


def read(environ: Mapping[str, str] | None = None) -> Config:
    """The settings of this process. Raises BadSetting."""
    env = os.environ if environ is None else environ
    instance = Path(env.get("SVEG_INSTANCE", "instance")).resolve()
    return Config(
        instance=instance,
        database_url=env.get("DATABASE_URL", f"sqlite:///{instance / 'sveg.sqlite'}"),
        public_url=_url(env, "PUBLIC_URL", "http://127.0.0.1:8000"),
        secret_key=env.get("SECRET_KEY", "") or _kept_secret(instance),
        hold_s=_number(env, "SEND_HOLD_S", 20.0),
        sender_threads=int(_number(env, "SENDER_THREADS", 4)),
        sandbox_url=env.get("SANDBOX_URL", ""),
        sandbox_smtp=env.get("SANDBOX_SMTP", ""),
        environ=env,
    )


def _number(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name, "")
    try:
        number = float(text) if text else default
    except ValueError:
        number = -1.0
    if number < 0:
        raise BadSetting(f"{name} is {text!r}; write a number from 0 up, like {default:g}")
    return number


def _url(env: Mapping[str, str], name: str, default: str) -> str:
    url = env.get(name, default).rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise BadSetting(f"{name} is {url!r}; write the whole address, like {default}")
    return url


def _kept_secret(instance: Path) -> str:
    """A random key of this instance, made once; two processes that start together agree on it."""
    path = instance / "secret_key"
    instance.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="ascii") as file:
            path.chmod(0o600)
            file.write(os.urandom(32).hex())
    except FileExistsError:
        pass
    return path.read_text(encoding="ascii")

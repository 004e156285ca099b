"""Settings, from the environment; nothing else reads it. An unknown or malformed setting says what to write instead."""

import math
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MOST_THREADS = 64
DATABASES = ("sqlite:///", "postgresql://", "postgres://", "postgresql+psycopg://")


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
    proxies: int  # reverse proxies before us whose word on the visitor's address is believed
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
    instance = Path(env.get("SVEG_INSTANCE") or "instance").resolve()
    return Config(
        instance=instance,
        database_url=_database(env, instance),
        public_url=_url(env, "PUBLIC_URL", "http://127.0.0.1:8000"),
        secret_key=env.get("SECRET_KEY", "") or _kept_secret(instance),
        hold_s=_number(env, "SEND_HOLD_S", 20.0),
        sender_threads=_threads(env),
        proxies=_proxies(env),
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
    if not 0 <= number < math.inf:
        raise BadSetting(f"{name} is {text!r}; write a number from 0 up, like {default:g}")
    return number


def _proxies(env: Mapping[str, str]) -> int:
    text = env.get("PROXIES") or "0"
    if text not in {"0", "1", "2", "3"}:
        raise BadSetting(f"PROXIES is {text!r}; write how many reverse proxies stand before Sveg, 0 to 3")
    return int(text)


def _threads(env: Mapping[str, str]) -> int:
    text = env.get("SENDER_THREADS") or "4"
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= MOST_THREADS):
        raise BadSetting(f"SENDER_THREADS is {text!r}; write a whole number from 1 to {MOST_THREADS}, like 4")
    return int(text)


def _database(env: Mapping[str, str], instance: Path) -> str:
    url = env.get("DATABASE_URL") or f"sqlite:///{instance / 'sveg.sqlite'}"
    if not url.startswith(DATABASES):
        # The address may hold a password: it is not repeated.
        raise BadSetting(
            "DATABASE_URL is neither SQLite nor PostgreSQL; write it like sqlite:////srv/sveg/sveg.sqlite "
            "or postgresql://sveg:password@localhost/sveg"
        )
    return url


def _url(env: Mapping[str, str], name: str, default: str) -> str:
    url = (env.get(name) or default).rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise BadSetting(f"{name} is {url!r}; write the whole address, like {default}")
    return url


def _kept_secret(instance: Path) -> str:
    """A random key of this instance, made once; two processes that start together agree on it."""
    path = instance / "secret_key"
    instance.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _place_whole(path, os.urandom(32).hex())
    return path.read_text(encoding="ascii")


def _place_whole(path: Path, text: str) -> None:
    """Write a file that nobody else can read and that is never seen half written; one that is there already stays."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
    try:
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()

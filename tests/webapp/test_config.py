"""Settings from the environment: used as written, or refused in plain words."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp import config
from webapp.config import BadSetting

SECRET = {"SECRET_KEY": "for tests"}


def test_without_any_setting_everything_lies_in_the_instance(tmp_path: Path) -> None:
    found = config.read({"SVEG_INSTANCE": str(tmp_path)})

    assert found.database_url == f"sqlite:///{tmp_path}/sveg.sqlite"
    assert found.sender_threads == 4
    assert found.hold_s == 20
    assert not found.has_secure_cookies


def test_an_empty_setting_is_one_that_is_not_there(tmp_path: Path) -> None:
    names = ("DATABASE_URL", "PUBLIC_URL", "SECRET_KEY", "SEND_HOLD_S", "SENDER_THREADS", "SANDBOX_URL", "SANDBOX_SMTP")
    empty = {"SVEG_INSTANCE": str(tmp_path)} | dict.fromkeys(names, "")

    found, plain = config.read(empty), config.read({"SVEG_INSTANCE": str(tmp_path)})

    assert [getattr(found, name) for name in found.__slots__ if name != "environ"] == [
        getattr(plain, name) for name in plain.__slots__ if name != "environ"
    ]


def test_an_empty_instance_is_not_the_working_directory() -> None:
    assert config.read({"SVEG_INSTANCE": ""} | SECRET).instance.name == "instance"


@pytest.mark.parametrize(
    ("name", "text", "instead"),
    [
        ("SEND_HOLD_S", "soon", "like 20"),
        ("SEND_HOLD_S", "-1", "from 0 up"),
        ("SEND_HOLD_S", "nan", "from 0 up"),
        ("SEND_HOLD_S", "inf", "from 0 up"),
        ("SENDER_THREADS", "0", "from 1 to 64"),
        ("SENDER_THREADS", "2.5", "whole number"),
        ("SENDER_THREADS", "²", "whole number"),
        ("SENDER_THREADS", "100000", "from 1 to 64"),
        ("PUBLIC_URL", "status.example.org", "whole address"),
        ("DATABASE_URL", "mysql://sveg:hemligt@localhost/sveg", "like sqlite:///"),
        ("DATABASE_URL", "sveg.sqlite", "postgresql://"),
    ],
)
def test_a_setting_that_cannot_be_used_says_what_to_write(name: str, text: str, instead: str) -> None:
    with pytest.raises(BadSetting) as refusal:
        config.read({name: text} | SECRET)

    assert str(refusal.value).startswith(f"{name} is ")
    assert instead in str(refusal.value)
    assert "hemligt" not in str(refusal.value)


@given(st.text(max_size=12))
def test_any_number_of_senders_is_used_or_refused(text: str) -> None:
    try:
        threads = config.read({"SENDER_THREADS": text} | SECRET).sender_threads
    except BadSetting:
        return

    assert 1 <= threads <= 64


def test_a_public_address_has_no_slash_at_its_end() -> None:
    found = config.read({"PUBLIC_URL": "https://status.example.org/"} | SECRET)

    assert found.public_url == "https://status.example.org"
    assert found.has_secure_cookies


def test_the_key_is_made_once_and_for_this_user_alone(tmp_path: Path) -> None:
    first, second = (config.read({"SVEG_INSTANCE": str(tmp_path / "new")}).secret_key for _ in range(2))

    assert first == second
    assert len(first) == 64
    assert stat.S_IMODE((tmp_path / "new" / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret_key"]


def test_processes_that_start_together_agree_on_a_key(tmp_path: Path) -> None:
    number = 8
    for attempt in range(20):
        together, folder = Barrier(number), tmp_path / str(attempt)

        def start(_: int, together: Barrier = together, folder: Path = folder) -> str:
            together.wait()
            return config.read({"SVEG_INSTANCE": str(folder)}).secret_key

        with ThreadPoolExecutor(number) as pool:
            keys = set(pool.map(start, range(number)))
        assert len(keys) == 1
        assert len(keys.pop()) == 64

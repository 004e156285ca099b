"""The application as it is put together."""

from pathlib import Path

import pytest
from flask import Flask, request

from webapp import config
from webapp.app import create_app


def app_with(folder: Path, **settings: str) -> Flask:
    """An application that says whom it takes the visitor for."""
    app = create_app(config.read({"SVEG_INSTANCE": str(folder)} | settings))
    app.add_url_rule("/who", "who", lambda: str(request.remote_addr))
    return app


@pytest.mark.parametrize(("proxies", "seen"), [("0", "127.0.0.1"), ("1", "192.0.2.7")])
def test_a_visitors_address_is_the_proxys_word_only_where_a_proxy_is_named(
    tmp_path: Path, proxies: str, seen: str
) -> None:
    door = app_with(tmp_path, PROXIES=proxies).test_client()

    answer = door.get("/who", headers={"X-Forwarded-For": "192.0.2.7"})

    assert answer.text == seen

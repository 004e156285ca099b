"""The browser files that pages load, as set-up puts them in place."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

from webapp.assets import build


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A node_modules with the files that we take, and a vendor folder beside it."""
    for path in build.FILES.values():
        file = tmp_path / "node_modules" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"// {path}\n")
    monkeypatch.setattr(build, "VENDOR", tmp_path / "vendor")
    return tmp_path / "node_modules"


def manifest() -> dict[str, dict[str, str]]:
    """What the last build says about itself."""
    entries: dict[str, dict[str, str]] = json.loads((build.VENDOR / "manifest.json").read_text())
    return entries


def test_the_manifest_names_every_file_with_the_digest_that_a_browser_checks(modules: Path) -> None:
    build.publish(modules)

    assert set(manifest()) == set(build.FILES)
    for entry in manifest().values():
        digest = hashlib.sha384((build.VENDOR / entry["file"]).read_bytes()).digest()
        assert entry["integrity"] == f"sha384-{base64.b64encode(digest).decode()}"


def test_a_file_that_changes_gets_another_name_and_the_old_one_goes(modules: Path) -> None:
    build.publish(modules)
    before = manifest()["htmx.js"]["file"]
    (modules / build.FILES["htmx.js"]).write_text("// newer\n")

    build.publish(modules)

    assert manifest()["htmx.js"]["file"] != before
    assert not (build.VENDOR / before).exists()


def test_the_lock_pins_each_package_by_digest_and_names_no_host() -> None:
    lock = (build.HERE / "package-lock.json").read_text()
    packages = {name: entry for name, entry in json.loads(lock)["packages"].items() if name}

    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert "://" not in lock

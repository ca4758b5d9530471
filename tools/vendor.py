"""Bring the files of static/vendor/manifest.json from npm packages, and write their hashes.

    python tools/vendor.py            check that what is there is what the manifest says
    python tools/vendor.py --fetch    fetch each package anew (needs npm and the network)

To move to a newer version, change `version` in the manifest, clear `integrity` and `files`' hashes,
and run it with --fetch. static/vendor/README.md says what else to look at.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"


def sha512(content: bytes) -> str:
    """Hash in the form of npm's `integrity` and of HTML's."""
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def fetch(package: dict[str, object]) -> None:
    """Copy the package's wanted files from its npm tarball; fill in the hashes."""
    spec = f"{package['package']}@{package['version']}"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", spec], cwd=folder, check=True)  # noqa: S603, S607
        (tarball,) = Path(folder).glob("*.tgz")
        integrity = sha512(tarball.read_bytes())
        if package.get("integrity") not in ("", None, integrity):
            raise SystemExit(f"{spec}: the registry's tarball is not the one of the manifest")
        package["integrity"] = integrity
        with tarfile.open(tarball) as archive:
            for entry in package["files"]:  # type: ignore[attr-defined]
                content = archive.extractfile(f"package/{entry['from']}").read()  # type: ignore[union-attr]
                target = VENDOR / str(package["folder"]) / entry["file"]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
                entry["sha512"] = sha512(content)


def check(package: dict[str, object]) -> list[str]:
    """Files that are missing or changed, as paths inside static/vendor."""
    wrong = []
    for entry in package["files"]:  # type: ignore[attr-defined]
        path = VENDOR / str(package["folder"]) / entry["file"]
        if not path.is_file() or sha512(path.read_bytes()) != entry["sha512"]:
            wrong.append(str(path.relative_to(VENDOR)))
    return wrong


def main() -> int:
    """Fetch if asked to, then check. Exit code 1 if a file is not what the manifest says."""
    manifest = json.loads(MANIFEST.read_text("utf-8"))
    if "--fetch" in sys.argv[1:]:
        for package in manifest["packages"]:
            fetch(package)
        MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
    wrong = [path for package in manifest["packages"] for path in check(package)]
    for path in wrong:
        sys.stderr.write(f"{path} is not the file of the manifest\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())

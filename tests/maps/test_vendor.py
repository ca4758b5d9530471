import base64
import hashlib
import json

from gisgrid.maps.offline import ASSETS
from gisgrid.resources import folder

VENDOR = folder("static") / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text("utf-8"))


def vendored():
    for package in MANIFEST["packages"]:
        for entry in package["files"]:
            yield f"{package['folder']}/{entry['file']}", entry["sha512"]


def test_every_vendored_file_is_the_one_of_its_package():
    for name, expected in vendored():
        digest = hashlib.sha512((VENDOR / name).read_bytes()).digest()
        assert "sha512-" + base64.b64encode(digest).decode() == expected, name


def test_nothing_lies_in_the_folder_that_the_manifest_does_not_name():
    listed = {name for name, _ in vendored()} | {"manifest.json", "LICENSES.md", "README.md"}
    assert {str(p.relative_to(VENDOR)) for p in VENDOR.rglob("*") if p.is_file()} == listed


def test_every_package_has_its_licence_named_and_beside_it():
    text = (VENDOR / "LICENSES.md").read_text("utf-8")
    for package in MANIFEST["packages"]:
        assert f"| {package['package']} {package['version']} | {package['licence']} |" in text
        assert (VENDOR / package["folder"] / "LICENSE").is_file()


def test_every_asset_of_the_table_is_vendored():
    names = {f"/static/vendor/{name}" for name, _ in vendored()}
    assert set(ASSETS.values()) <= names

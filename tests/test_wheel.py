"""The wheel works in a clean environment and from another folder."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]
BIN = "Scripts" if os.name == "nt" else "bin"


def run(*command: str | Path, cwd: Path) -> str:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GISGRID_", "PYTHON"))}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build = [*pip, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, REPO]
    run(*build, cwd=folder)
    return next(folder.glob("gisgrid-*.whl"))


@pytest.mark.wheel
def test_the_wheel_holds_static_and_layers_and_no_store(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "gisgrid/_data/static/vendor/manifest.json" in names
    assert "gisgrid/_data/layers/README.md" in names
    assert "gisgrid/web/translations/zh_Hans_CN/LC_MESSAGES/messages.mo" in names
    assert "gisgrid/web/templates/base.html" in names
    assert not [name for name in names if name.endswith((".gpkg", "secret_key", ".gpkg-wal"))]


@pytest.mark.wheel
@pytest.mark.timeout(600)
def test_the_installed_wheel_builds_and_reads_a_county_from_another_folder(
    wheel: Path, tmp_path: Path
) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    python = tmp_path / "venv" / BIN / "python"
    # Compiling thousands of files of which a few hundred are loaded would be half of the time.
    pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-compile"]
    run(*pip, "--require-hashes", "-r", REPO / "requirements.lock", cwd=tmp_path)
    run(*pip, "--no-deps", "--no-index", wheel, cwd=tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    gisgrid = tmp_path / "venv" / BIN / "gisgrid"
    store = tmp_path / "county.gpkg"
    run(gisgrid, "--store", store, "demo", "--township", "620422225", "--no-serve", cwd=elsewhere)
    table = run(
        gisgrid, "--store", store, "coverage", "--by", "county", "--format", "csv", cwd=elsewhere
    )
    lines = table.splitlines()
    assert lines[0].removeprefix("\ufeff").startswith("code,name,households,")
    assert lines[1].startswith("620422000000,会宁县,")
    assert lines[-1].startswith(",(unassigned),")
    page = run(python, "-c", SERVE_ONE_PAGE, store, cwd=elsewhere)
    assert page.strip() == "200 200"


SERVE_ONE_PAGE = """
import sys
from gisgrid.settings import Settings
from gisgrid.web import create_app
client = create_app(Settings(store=sys.argv[1])).test_client()
print(client.get("/signin").status_code, client.get("/static/vendor/manifest.json").status_code)
"""

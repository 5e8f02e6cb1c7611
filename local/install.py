"""Makes `.venv` what `make run` or `make test` needs: run by make, with any Python 3.

It imports nothing but the standard library, and nothing of ours, and says what is
missing before it needs it. `python3 local/install.py local` installs what runs Cairn,
`... dev` also what tests it.

Cairn itself is not built: a path file, a command and its metadata are written. That
needs no build tools, takes no time, and changes in the sources count at once.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

PYTHON_MIN = (3, 11)

# For each kind the stamps that make looks at: what is installed for dev serves local.
STAMPS = {"local": ("local",), "dev": ("local", "dev")}


def main(kind: str) -> None:
    """Install what `kind` needs, and leave the stamps that make looks at."""
    started = time.monotonic()
    _require_machine()
    _require_python()
    _make_venv()
    lock = ROOT / "requirements" / f"{kind}.lock"
    packages = _install_packages(lock)
    _install_ourselves()
    for stamp in STAMPS[kind]:
        (VENV / f".ready-{stamp}").touch()
    seconds = time.monotonic() - started
    detail = f"{packages} packages in {VENV.relative_to(ROOT)}"
    _say(f" ✓ {'install':<10} {detail:<58} {seconds:5.1f} s\n")


def _require_machine() -> None:
    machine = f"{platform.system()} {platform.machine()}"
    library = platform.libc_ver()[0]
    if (machine, library) != ("Linux x86_64", "glibc"):
        _fail(
            f"this machine is {machine} ({library or 'no glibc'}), and the PostgreSQL "
            "and Java that come with Cairn run on Linux x86_64 with glibc; use `docker "
            "compose up` here"
        )


def _require_python() -> None:
    found = platform.python_version()
    wanted = ".".join(str(part) for part in PYTHON_MIN)
    if sys.version_info < PYTHON_MIN:
        _fail(
            f"{sys.executable} is Python {found}, and Cairn needs {wanted} or newer; "
            f"bring it with `apt-get install python{wanted} python{wanted}-venv`, or "
            "name one that you have: `make PYTHON=/path/to/python3 run`"
        )
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        _fail(
            f"{sys.executable} cannot make virtual environments; bring the module with "
            "`apt-get install python3-venv`"
        )


def _make_venv() -> None:
    """Make the virtual environment, or make it anew if its Python is gone."""
    if PYTHON.exists() and _run(str(PYTHON), "-m", "pip", "--version").returncode == 0:
        return
    _hint("making a virtual environment in .venv")
    made = _run(sys.executable, "-m", "venv", "--clear", str(VENV))
    if made.returncode != 0:
        _fail(
            f"the virtual environment {VENV} could not be made; it may help to bring "
            f"the module with `apt-get install python3-venv`:\n{made.stdout}"
        )


def _install_packages(lock: Path) -> int:
    """Install exactly what the lock names; return how many packages that is."""
    names = [
        line.split("==")[0]
        for line in lock.read_text(encoding="utf-8").splitlines()
        if "==" in line and "sys_platform == 'win32'" not in line
    ]
    _hint(f"installing {len(names)} packages, some 200 MB the first time")
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install"]
    # The lock is complete and all have wheels: nothing is worked out or built.
    command += ["--no-deps", "--only-binary=:all:", "--require-hashes", "-r", str(lock)]
    # What is compiled on first use is a small part of what would be compiled here.
    command += ["--no-compile", "--no-input", "--progress-bar=off"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        lines = []
        for line in pip.stdout or ():
            lines.append(line)
            if line.startswith(("Collecting", "Installing")):
                _hint(line.split(" (from", 1)[0].strip().lower()[:70])
    if pip.returncode != 0:
        _fail(
            f"pip could not install {lock.relative_to(ROOT)}; check the network and "
            f"pip's settings, then run make again:\n{''.join(lines[-8:])}"
        )
    return len(names)


def _install_ourselves() -> None:
    """Let the environment's Python find the sources, and write the command."""
    # Known since 3.11, which `_require_python` has seen to.
    import tomllib  # noqa: PLC0415

    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    name, version = project["name"], project["version"]
    site = next(VENV.glob("lib/python3.*/site-packages"))
    for old in [*site.glob(f"{name}-*.dist-info"), *site.glob(f"__editable__*{name}*")]:
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    metadata = site / f"{name}-{version}.dist-info"
    metadata.mkdir()
    files = {
        site / f"{name}.pth": f"{ROOT}\n",
        metadata / "METADATA": (
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        ),
        metadata / "INSTALLER": "local/install.py\n",
        metadata / "RECORD": f"{name}.pth,,\n{metadata.name}/METADATA,,\n"
        f"{metadata.name}/INSTALLER,,\n{metadata.name}/RECORD,,\n",
    }
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    for command, target in project["scripts"].items():
        _write_command(VENV / "bin" / command, *target.split(":"))


def _write_command(file: Path, module: str, function: str) -> None:
    # A line of the shell and of Python both: the path may be too long for `#!`.
    text = f"""\
#!/bin/sh
'''exec' "{PYTHON}" "$0" "$@"
' '''
import sys
from {module} import {function}
sys.exit({function}())
"""
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _say(text: str) -> None:
    start = "\r\x1b[K" if sys.stderr.isatty() else ""
    sys.stderr.write(start + text)
    sys.stderr.flush()


def _hint(text: str) -> None:
    """Show what is under way, on a terminal only; the next line replaces it."""
    if sys.stderr.isatty():
        _say(f"   {text} …")


def _fail(text: str) -> NoReturn:
    lines = text.rstrip().replace("\n", "\n   ")
    _say(f" ✗ {lines}\n")
    sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1])

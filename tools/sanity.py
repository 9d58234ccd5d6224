"""Builds the collection and checks what was built, not the checkout: installed into an empty folder with amazon.aws beside it, every
plugin and role is documented (ansible-doc), and ansible-test sanity passes without an ignore file."""

from __future__ import annotations

import ast
import configparser
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = "cordon.aws"
SCRIPTS = Path(sys.executable).parent
HOME = ROOT / ".cache" / "ansible-test"
"""ansible-test's home: it keeps a virtual environment for each of its tests there, so the second run is quick."""

# ansible-test fills those environments by a script that it downloads. This takes the script's place, so that a package index is enough.
_GET_PIP = """\
import subprocess, sys
subprocess.run([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL, check=True)
from pip._internal.cli.main import main
sys.exit(main(["install", *(argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel"))]))
"""


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="cordon-sanity-") as name:
        scratch = Path(name)
        settings = scratch / "ansible.cfg"
        settings.touch()
        environment = os.environ | {"ANSIBLE_CONFIG": str(settings), "ANSIBLE_COLLECTIONS_PATH": str(scratch)}
        environment.pop("ANSIBLE_STDOUT_CALLBACK", None)
        artifact = build(scratch)
        installed = install(artifact, scratch, environment)
        count = check_documentation(installed, environment)
        print(f"{artifact.name}: ansible-doc shows all {count} plugins and roles", flush=True)
        return check_sanity(installed, environment)


def build(scratch: Path) -> Path:
    run(SCRIPTS / "ansible-galaxy", "collection", "build", "--output-path", scratch, cwd=ROOT)
    (artifact,) = scratch.glob("*.tar.gz")
    return artifact


def install(artifact: Path, collections: Path, environment: Mapping[str, str]) -> Path:
    """Unpack the artifact as ansible-galaxy does, beside the amazon.aws that this Python has."""
    galaxy = SCRIPTS / "ansible-galaxy"
    run(galaxy, "collection", "install", "--no-deps", "--collections-path", collections, artifact, env=environment)
    found = find_spec("ansible_collections.amazon.aws")
    if found is None or not found.submodule_search_locations:
        raise SystemExit(
            "amazon.aws is not installed beside this Python; `make setup` brings it with the ansible package."
        )
    link = collections / "ansible_collections" / "amazon" / "aws"
    link.parent.mkdir()
    link.symlink_to(next(iter(found.submodule_search_locations)))
    return collections.joinpath("ansible_collections", *NAME.split("."))


def check_documentation(installed: Path, environment: Mapping[str, str]) -> int:
    """Have ansible-doc print the page of every plugin and role in the artifact. Returns how many there are."""
    program = SCRIPTS / "ansible-doc"
    pages = json.loads(run(program, "--metadata-dump", "--no-fail-on-errors", NAME, env=environment))["all"]
    del pages["keyword"]  # Ansible's own
    faults = [f"{name}: {page['error']}" for kind in pages.values() for name, page in kind.items() if "error" in page]
    faults += [
        f"{name} is in the artifact, but not known to ansible-doc" for name in sorted(shipped(installed) - known(pages))
    ]
    if faults:
        raise SystemExit("\n".join(faults))
    for kind, names in pages.items():
        if names:
            run(program, "--type", kind, *names, env=environment)
    return len(known(pages))


def known(pages: Mapping[str, Mapping[str, object]]) -> set[str]:
    return {f"{kind} {name}" for kind, names in pages.items() for name in names}


def shipped(installed: Path) -> set[str]:
    """What ansible-doc has to know, by the files. An action plugin's page is that of the module with its name."""
    kinds = {folder.name: folder for folder in (installed / "plugins").iterdir()}
    names = {f"role {NAME}.{role.name}" for role in (installed / "roles").iterdir()}
    for kind, folder in kinds.items():
        if kind in ("doc_fragments", "module_utils", "plugin_utils"):
            continue
        page = "module" if kind in ("modules", "action") else kind
        for path in folder.glob("*.py"):
            own = defined(path) if kind in ("filter", "test") else {path.stem}
            names |= {f"{page} {NAME}.{name}" for name in own}
    if not names:
        raise SystemExit("The artifact holds neither plugins nor roles; look at build_ignore in galaxy.yml.")
    return names


def defined(path: Path) -> set[str]:
    """The names in the dictionary that a FilterModule's or TestModule's method returns."""
    return {
        key.value
        for method in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(method, ast.FunctionDef) and method.name in ("filters", "tests")
        for mapping in ast.walk(method)
        if isinstance(mapping, ast.Dict)
        for key in mapping.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def check_sanity(installed: Path, environment: Mapping[str, str]) -> int:
    """Run ansible-test's sanity tests for this Python. It looks only at what git lists, and refuses linked folders."""
    prepare_home()
    run("git", "init", "--quiet", cwd=installed)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    command: list[str | Path] = [
        SCRIPTS / "ansible-test",
        "sanity",
        "--python",
        python,
        "--requirements",
        "--color",
        "no",
    ]
    done = subprocess.run(
        command,
        cwd=installed,
        env={**environment, "HOME": str(HOME)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    print("\n".join(line for line in lines if done.returncode or line.startswith(("WARNING", "ERROR"))))
    tests = sum(line.startswith("Running sanity test") for line in lines)
    print(f"ansible-test sanity on Python {python}: {tests} tests, {'FAILED' if done.returncode else 'all passed'}")
    return done.returncode or int(tests == 0)


def prepare_home() -> None:
    """Put the bootstrap script and pip's settings there: ansible-test hands no PIP_ variable on, and this home hides the usual one."""
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    found = find_spec("ansible_test._internal")
    if found is None or found.origin is None:
        raise SystemExit(
            "ansible-test is not installed beside this Python; `make setup` brings it with the ansible package."
        )
    source = Path(found.origin).with_name("python_requirements.py").read_text(encoding="utf-8")
    for version in re.findall(r"\bpip='([\d.]+)'", source):
        (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(_GET_PIP, encoding="utf-8")
    settings = HOME / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.touch(mode=0o600)  # an index's address may hold a password
    with settings.open("w", encoding="utf-8") as file:
        pip_settings().write(file)


def pip_settings() -> configparser.RawConfigParser:
    """What pip goes by here, from its files and the environment, the latter last because it wins."""
    settings = configparser.RawConfigParser()
    lines = run(sys.executable, "-m", "pip", "config", "list").splitlines()
    for line in sorted(lines, key=lambda line: line.startswith(":env:.")):
        name, _, value = line.partition("=")
        section, _, key = name.partition(".")
        section = section.replace(":env:", "global")
        if not settings.has_section(section):
            settings.add_section(section)
        settings.set(section, key, ast.literal_eval(value))
    if not settings.has_section("global"):
        settings.add_section("global")
    settings.set("global", "quiet", "2")
    return settings


def run(*command: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run a program for what it prints; show everything it said where it fails."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())

"""What a started sandbox leaves in its state directory: `env` for shells, `sandbox.json` for programs."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

from sandbox.control import PREFIX
from sandbox.organization import REGION
from sandbox.world import World


def write(directory: Path, world: World, port: int) -> None:
    """Both files, readable by their owner only: they hold the sandbox's secrets."""
    endpoint = f"http://127.0.0.1:{port}"
    environment = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": world.organization.access_key_id,
        "AWS_SECRET_ACCESS_KEY": world.organization.secret_access_key,
        "AWS_DEFAULT_REGION": REGION,
        "SANDBOX_CONTROL_URL": endpoint + PREFIX,
    }
    facts = {
        "endpoint_url": endpoint,
        "control_url": endpoint + PREFIX,
        "pid": os.getpid(),
        "organization": world.organization.as_json(),
        "scenarios": world.scenarios,
    }
    directory.mkdir(parents=True, exist_ok=True)
    _write(directory / "env", "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items()))
    _write(directory / "sandbox.json", json.dumps(facts, indent=2) + "\n")


def _write(path: Path, text: str) -> None:
    """Whole or not at all: others wait for these files."""
    temporary = path.with_name(f".{path.name}.new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as stream:
        os.fchmod(handle, 0o600)
        stream.write(text)
    temporary.replace(path)

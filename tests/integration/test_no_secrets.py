"""No secret gets out: everything that a full run wrote, at -vvv, is searched for every secret that the sandbox knows."""

from __future__ import annotations

from pathlib import Path

from play import play
from sandbox_client import Sandbox
from test_respond_to_leaked_key import incident


def test_nothing_that_a_full_run_writes_holds_a_secret(sandbox: Sandbox, tmp_path: Path) -> None:
    responded = play(
        sandbox,
        tmp_path,
        "respond_to_leaked_key.yml",
        {"access_key_ids": incident(sandbox)["access_key_id"]},
        cmdline="-vvv --diff",
    )
    case_id = responded.of("iam_principal_containment")["case_id"]
    released = play(sandbox, tmp_path, "release_case.yml", {"case_id": case_id}, cmdline="-vvv --diff")
    assert responded.ok and released.ok
    secrets = sandbox.control("GET", "/secrets")["secrets"]
    assert len(secrets) >= 10, "the sandbox knows more secrets than this"
    # ansible-runner keeps the environment that it was given beside its artifacts; that is the input, not what the run wrote.
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent.name != "env"]
    assert len(written) > 20
    for path in written:
        content = path.read_bytes()
        for number, secret in enumerate(secrets):
            if secret.encode() in content and path.name == "command":
                continue  # the environment again
            assert secret.encode() not in content, f"secret {number} is in {path}"

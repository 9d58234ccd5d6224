"""How often, and how fast, Cordon ends the fight with an attacker who undoes containment every half second."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fight import fighting
from play import play_tasks
from sandbox_client import Sandbox

RUNS = 20
PROPAGATION_S = 4
LOOKED_AT_S = 4


def test_the_attacker_is_refused_for_good(tmp_path: Path, figures: Callable[..., None]) -> None:
    """Of `RUNS` runs with `escalate`, those after which nothing got through from four seconds after their end."""
    sandbox = Sandbox(tmp_path / "state", "--scenario", "fighting-attacker")
    held, seconds, followed = 0, [], []
    try:
        for number in range(RUNS):
            folder = tmp_path / str(number)
            folder.mkdir()
            sandbox.control("POST", "/reset")
            key = sandbox.facts["scenarios"]["fighting-attacker"]["access_key_id"]
            with fighting(sandbox, folder, "--max-principals", "16") as fight:
                started = time.perf_counter()
                task = {"principals": [key], "case_id": "case-1", "escalate": True, "watch_s": 8}
                played = play_tasks(sandbox, folder, [{"cordon.aws.iam_principal_containment": task}])
                since = datetime.now(UTC) + timedelta(seconds=PROPAGATION_S)
                seconds.append(time.perf_counter() - started)
                time.sleep(PROPAGATION_S + LOOKED_AT_S)
                is_refused = bool(fight.calls(since)) and not fight.allowed(since)
                held += is_refused and played.ok
                followed.append(len(played.of("iam_principal_containment")["results"]))
    finally:
        sandbox.stop()
    figures(
        "runs after which a fighting attacker was refused for good, 4 s after their end",
        held,
        RUNS,
        "runs",
        f"escalate, IAM takes {PROPAGATION_S} s; a run took {statistics.median(seconds):.0f} s and contained "
        f"{statistics.median(followed):.0f} principals (medians)",
    )
    assert held == RUNS

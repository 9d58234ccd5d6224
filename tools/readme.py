"""Puts the real output of the demo into README.md: `python -m tools.readme` after a change of what it prints."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
_PLACE = re.compile(r"(<!-- demo -->\n```\n).*?(```\n<!-- /demo -->)", re.DOTALL)


def documented(shown: str) -> str:
    """AWS's documented example ids in the place of the sandbox's."""
    keys = dict.fromkeys(re.findall(r"\bAKIA[A-Z0-9]{16}\b", shown))
    for key, example in zip(keys, ("AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE"), strict=True):
        shown = shown.replace(key, example)
    return re.sub(r"\b\d{12}\b", "111122223333", shown)


def main() -> int:
    done = subprocess.run([sys.executable, "-m", "tools.demo"], capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
        return done.returncode
    shown = documented(re.sub(r"(?:/[\w.-]+)*/cordon-demo-\w+/", "", done.stdout).strip() + "\n")
    README.write_text(
        _PLACE.sub(lambda found: found[1] + shown + found[2], README.read_text(encoding="utf-8")), encoding="utf-8"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Writes docs/restore-coverage.md: for each API operation what undoes it, as the catalogue of inverses itself says it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import ENTRIES
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry

PAGE = Path(__file__).resolve().parent.parent / "docs" / "restore-coverage.md"
_HEAD = """# What can be restored

Written by `make coverage` from the catalogue of inverses (`plugins/module_utils/restore/services/`), and checked in CI.

What `cordon.aws.cloudtrail_restore` does about an operation that an attacker called. An operation that is not listed here, and that may
have changed something, becomes a manual step by itself. So does a listed one whose event does not tell enough, or whose state before is
nowhere to be found.

| operation | undone by | the state before is in |
| --- | --- | --- |
"""


def page(entries: Mapping[str, Entry] = ENTRIES) -> str:
    """The whole text."""
    return _HEAD + "".join(
        f"| `{name}` | {_undone(entry)} | {entry.before_from or ''} |\n" for name, entry in sorted(entries.items())
    )


def _undone(entry: Entry) -> str:
    if entry.harmless:
        return f"nothing: {entry.harmless}"
    if entry.changes:
        return entry.undone_by
    return f"a human: {entry.manual}"


def main() -> int:
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.parent.name}/{PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

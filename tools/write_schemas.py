"""Writes schemas/ from plugins/module_utils/schemas.py, for people and other programs. With --check only says what differs."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "schemas"


def wanted() -> dict[Path, str]:
    """What each file should hold."""
    sys.path.insert(0, str(ROOT / "collections"))
    from ansible_collections.cordon.aws.plugins.module_utils.schemas import SCHEMAS

    return {FOLDER / f"{name}.json": json.dumps(schema, indent=2) + "\n" for name, schema in SCHEMAS.items()}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.write_schemas", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail where a file is not as it should be")
    check = parser.parse_args().check
    files = wanted()
    stale = [path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    unknown = [path for path in FOLDER.glob("*.json") if path not in files]
    if check:
        for path in stale + unknown:
            print(
                f"{path.relative_to(ROOT)} is not what module_utils/schemas.py says: run `make schemas`",
                file=sys.stderr,
            )
        return 1 if stale or unknown else 0
    FOLDER.mkdir(exist_ok=True)
    for path in unknown:
        path.unlink()
    for path in stale:
        path.write_text(files[path], encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

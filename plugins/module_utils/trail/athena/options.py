# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How Athena is asked, as modules' options say it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.trail.athena.spending import DEFAULT_MOST

ATHENA_OPTIONS: dict[str, Json] = {
    "athena_workgroup": {"type": "str", "default": "primary"},
    "athena_database": {"type": "str", "default": "cordon"},
    "max_scan_bytes": {"type": "int", "default": DEFAULT_MOST},
}
_GROUP = re.compile(r"[a-zA-Z0-9._-]{1,128}")
# What needs no quoting anywhere: https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html
_DATABASE = re.compile(r"[a-z0-9_]{1,128}")


@dataclass(frozen=True, kw_only=True, slots=True)
class AthenaOptions:
    """Whose queries they are, where the table is, and how many bytes they may scan in all."""

    workgroup: str = "primary"
    database: str = "cordon"
    most: int = DEFAULT_MOST


def athena_options_of(options: Mapping[str, Json]) -> AthenaOptions:
    """Raises InputError, for all wrong values at once."""
    given = {name: options[name] for name in ATHENA_OPTIONS}
    faults = []
    if not _GROUP.fullmatch(given["athena_workgroup"]):
        faults.append(_wrong("athena_workgroup", given, "it is not a workgroup's name", "Copy it from Athena."))
    if not _DATABASE.fullmatch(given["athena_database"]):
        why = "it is not of small letters, digits and underscores"
        faults.append(_wrong("athena_database", given, why, "Leave it out for cordon."))
    if given["max_scan_bytes"] < 1:
        faults.append(
            _wrong("max_scan_bytes", given, "it must be 1 or more", f"Leave it out for {DEFAULT_MOST}, 1 TiB.")
        )
    if faults:
        raise InputError.together(faults)
    return AthenaOptions(
        workgroup=given["athena_workgroup"], database=given["athena_database"], most=given["max_scan_bytes"]
    )


def _wrong(name: str, given: Mapping[str, Json], why: str, remedy: str) -> InputError:
    return InputError(f"use `{name}` = {ascii(given[name])[:120]}", why, remedy)

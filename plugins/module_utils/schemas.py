# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JSON Schemas of what people and other programs take from Cordon, as plain data; tools/write_schemas.py writes them to schemas/."""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SHA256: Json = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_TEXT: Json = {"type": "string", "minLength": 1}
_ACTION: Json = {"enum": ["contain", "release", "restore"]}


def _object(required: dict[str, Json], optional: dict[str, Json] | None = None) -> Json:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


CALL: Json = _object(
    {
        "account": {"type": "string", "pattern": r"^\d{12}$"},
        "region": _TEXT,
        "service": _TEXT,
        "operation": _TEXT,
        "parameters": {"type": "object"},
    }
)
STEP: Json = _object(
    {
        "id": _TEXT,
        "measure": _TEXT,
        "facet": _TEXT,
        "call": CALL,
        "undo": _list(CALL),
        "why": _TEXT,
        "before": {},
        "after": {},
        "reversible": {"type": "boolean"},
    },
    {"because": _list(_TEXT)},
)
PLAN: Json = _object({"version": {"const": 1}, "targets": _list(_object({"target": _TEXT, "steps": _list(STEP)}))})
RESULT: Json = _object(
    {
        "target": _TEXT,
        "name": _TEXT,
        "status": {"enum": ["contained", "released", "restored", "unchanged", "failed"]},
        "changed": {"type": "boolean"},
        "verified": {"type": "boolean"},
        "proof": _list(
            _object({"measure": {"type": "string"}, "fact": _TEXT, "holds": {"type": "boolean"}}, {"facet": _TEXT})
        ),
        "steps": _list(
            _object(
                {
                    "id": _TEXT,
                    "measure": _TEXT,
                    "facet": _TEXT,
                    "why": _TEXT,
                    "operation": _TEXT,
                    "reversible": {"type": "boolean"},
                    "status": {"enum": ["done", "failed", "unknown", "not_run"]},
                },
                {"request_id": {"type": "string"}, "error": _TEXT},
            )
        ),
        "notes": _list(_TEXT),
        "unchecked": _list(_TEXT),
        "before": {"type": "object"},
        "after": {"type": "object"},
    },
    {"error": _TEXT, "residual": _list(_object({"what": _TEXT, "why": _TEXT}))},
)
BODIES: dict[str, Json] = {
    "opened": _object({}, {"title": _TEXT, "reason": _TEXT}),
    "intent": _object(
        {
            "run_id": _TEXT,
            "action": _ACTION,
            "plan_id": _SHA256,
            "plan": PLAN,
            "before": {"type": "object", "additionalProperties": {"type": "object"}},
        }
    ),
    "outcome": _object({"run_id": _TEXT, "action": _ACTION, "plan_id": _SHA256, "results": _list(RESULT)}),
    "evidence": {
        "type": "object",
        "properties": {
            "files": _list(_object({"path": _TEXT, "size": {"type": "integer", "minimum": 0}, "sha256": _SHA256}))
        },
        "required": ["files"],
    },
    "event": {"type": "object", "minProperties": 1},
    "note": _object({"text": _TEXT}),
    "closed": _object({}, {"reason": _TEXT}),
    "sealed": _object(
        {"number": {"type": "integer", "minimum": 1}, "sha256": _SHA256}, {"signature": {"type": "object"}}
    ),
}
CASE_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"

ENTRY: Json = {
    "$schema": _DIALECT,
    "title": "One entry of a case log",
    **_object(
        {
            "schema": {"const": 1},
            "case_id": {"type": "string", "pattern": CASE_ID_PATTERN},
            "number": {"type": "integer", "minimum": 1},
            "kind": {"enum": list(BODIES)},
            "time": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"},
            "previous": {"oneOf": [_SHA256, {"type": "null"}]},
            "body": {"type": "object"},
            "digest": _SHA256,
        },
        {
            "author": {"type": "string"},
            "recovers": _object({"number": {"type": "integer", "minimum": 1}, "sha256": _SHA256}),
        },
    ),
    "allOf": [
        {"if": {"properties": {"kind": {"const": kind}}}, "then": {"properties": {"body": body}}}
        for kind, body in BODIES.items()
    ],
}

SCHEMAS: dict[str, Json] = {
    "case_entry": ENTRY,
    "plan": {"$schema": _DIALECT, "title": "A plan, as its id is made from it", **PLAN},
}
"""File name in schemas/, without ending -> schema."""

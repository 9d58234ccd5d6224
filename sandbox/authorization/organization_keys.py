"""What the condition keys about organizations hold for a principal.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgpaths"""

from __future__ import annotations

from sandbox.authorization.views import organization_of


def organization_keys(account: str) -> dict[str, str | list[str]]:
    """Nothing for an account outside the organization."""
    backend = organization_of()
    place = next((one for one in list(backend.accounts) if one.id == account), None) if backend is not None else None
    if place is None:
        return {}
    units = {unit.id: unit for unit in list(backend.ou)}
    above: list[str] = []
    parent = units.get(place.parent_id)
    while parent is not None:
        above.append(str(parent.id))
        parent = units.get(getattr(parent, "parent_id", None))
    path = "/".join([str(backend.org.id), *reversed(above), ""])
    return {"aws:principalorgid": str(backend.org.id), "aws:principalorgpaths": [path]}

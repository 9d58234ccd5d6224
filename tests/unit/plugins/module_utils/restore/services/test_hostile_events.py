"""What stands in a log is partly a stranger's text: whatever it is, an entry yields only what its kind takes, and never fails."""

from __future__ import annotations

from typing import Any

import pytest
from catalogued import HOSTILE, changes, logged
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import ENTRIES

NAMES = (
    "userName", "roleName", "groupName", "policyArn", "policyName", "policyDocument", "assumeRolePolicyDocument", "accessKey",
    "accessKeyId", "status", "tags", "tagKeys", "key", "value", "versionId", "setAsDefault", "policy", "arn", "policyVersion", "path",
    "newUserName", "newPath", "instanceProfileName", "serialNumber", "openIDConnectProviderArn", "clientID", "clientIDList",
    "thumbprintList", "sAMLProviderArn", "sAMLMetadataDocument", "accountAlias", "maxPasswordAge", "policyId", "targetId", "content",
    "policySummary", "id", "handshake", "accountId", "sourceParentId", "destinationParentId", "servicePrincipal", "trustAnchor",
    "trustAnchorId", "profile", "profileId", "enabled", "instanceArn", "permissionSetArn", "principalType", "principalId",
    "maxSessionDuration", "description", "permissionsBoundary", "virtualMFADevice", "loginProfile",
)  # fmt: skip
SERVICES = (
    "account",
    "iam",
    "organizations",
    "rolesanywhere",
    "service-quotas",
    "signin",
    "sso-admin",
    "sts",
    "support",
)
OURS = sorted(
    name for name, entry in ENTRIES.items() if entry.changes is not None and name.partition(":")[0] in SERVICES
)
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=40)
    | st.sampled_from(
        [
            "alice",
            "Active",
            "v2",
            "arn:aws:iam::111122223333:policy/x",
            '{"Version":"2012-10-17"}',
            "%7B%22",
            "p-12345678",
            "111122223333",
        ]
    )
)
JSON = st.recursive(
    _LEAVES,
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), one),
    max_leaves=12,
)
WHOLE = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=8)


def cased(name: str) -> str:
    """As CloudTrail names the service, where Event does not know the client's own name."""
    service, _, operation = name.partition(":")
    return f"{ {'sso-admin': 'sso'}.get(service, service) }:{operation}"


@pytest.mark.parametrize("name", OURS)
def test_an_event_without_anything_changes_nothing_that_could_be_named(name: str) -> None:
    for nothing in (None, {}, [], "text", 7):
        for change in changes(logged(cased(name), nothing, nothing)):
            assert len(change.facet.names) == 1, change


@pytest.mark.parametrize("name", OURS)
def test_a_hostile_name_is_no_facet(name: str) -> None:
    for hostile in HOSTILE:
        everything = dict.fromkeys(NAMES, hostile)
        for change in changes(logged(cased(name), everything, everything)):
            assert hostile not in change.facet.names


@given(name=st.sampled_from(OURS), request=WHOLE, response=WHOLE)
def test_whatever_an_event_holds_entries_only_yield_what_their_kinds_take(
    name: str, request: Any, response: Any
) -> None:
    changes(logged(cased(name), request, response))

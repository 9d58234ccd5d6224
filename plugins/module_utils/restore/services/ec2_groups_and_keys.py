# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Security groups, key pairs and launch templates that were made or deleted, and the version of a template that is launched by
default. What an
attacker made lets nobody in by itself: it stays as evidence.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyLaunchTemplate.html"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    GONE,
    UNKNOWN,
    Change,
    Facet,
    IrreversibleError,
    Kind,
    Move,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building, ec2_shapes
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_THERE: Final = "there"


def _lists(operation: str, key: str, parameter: str) -> Callable[[Reads, Facet], Json]:
    def read(reads: Reads, facet: Facet) -> Json:
        ids: dict[str, Json] = {parameter: [facet.names[0]]}
        found = building.asked(reads, building.call(facet, "ec2", operation, **ids))
        return _THERE if found and found.get(key) else None

    return read


GROUP = building.made(
    name="ec2/security_group",
    permissions=("ec2:DescribeSecurityGroups", "ec2:DeleteSecurityGroup"),
    takes=building.names_match(ec2_shapes.id_pattern("sg")),
    read=_lists("DescribeSecurityGroups", "SecurityGroups", "GroupIds"),
    remove=lambda facet: building.call(facet, "ec2", "DeleteSecurityGroup", GroupId=facet.names[0]),
    lost="A security group was deleted, which nothing was in any more. Make it again with aws ec2 create-security-group and "
    "authorize-security-group-ingress, by what AWS Config's history or its template says, and put it where it was: it has another id then.",
)
_TEMPLATE = ec2_shapes.id_pattern("lt")
_VERSION = re.compile(r"[1-9]\d{0,8}", re.ASCII)
_LOST_TEMPLATE = (
    "A launch template, or a version of one, was deleted. Make it again from where it is described (aws ec2 create-launch-template, "
    "create-launch-template-version); instances that were launched from it tell what it said (aws ec2 get-launch-template-data)."
)
TEMPLATE = building.made(
    name="ec2/launch_template",
    permissions=("ec2:DescribeLaunchTemplates", "ec2:DeleteLaunchTemplate"),
    takes=building.names_match(_TEMPLATE),
    read=_lists("DescribeLaunchTemplates", "LaunchTemplates", "LaunchTemplateIds"),
    remove=lambda facet: building.call(facet, "ec2", "DeleteLaunchTemplate", LaunchTemplateId=facet.names[0]),
    lost=_LOST_TEMPLATE,
)


def _read_version(reads: Reads, facet: Facet) -> Json:
    template, version = facet.names
    question = building.call(
        facet, "ec2", "DescribeLaunchTemplateVersions", LaunchTemplateId=template, Versions=[version]
    )
    found = building.asked(reads, question)
    return _THERE if found and found.get("LaunchTemplateVersions") else None


VERSION = building.made(
    name="ec2/launch_template_version",
    order=20,
    permissions=("ec2:DescribeLaunchTemplateVersions", "ec2:DeleteLaunchTemplateVersions"),
    takes=building.names_match(_TEMPLATE, _VERSION),
    read=_read_version,
    remove=lambda facet: building.call(
        facet, "ec2", "DeleteLaunchTemplateVersions", LaunchTemplateId=facet.names[0], Versions=[facet.names[1]]
    ),
    lost=_LOST_TEMPLATE,
)


def _read_default(reads: Reads, facet: Facet) -> Json:
    found = building.asked(
        reads, building.call(facet, "ec2", "DescribeLaunchTemplates", LaunchTemplateIds=[facet.names[0]])
    )
    return str(found["LaunchTemplates"][0]["DefaultVersionNumber"]) if found and found["LaunchTemplates"] else GONE


def _is_version(value: Json) -> bool:
    return isinstance(value, str) and bool(_VERSION.fullmatch(value))


def _to_default(facet: Facet, value: Json) -> Call:
    if value is None:
        raise IrreversibleError(building.NO_STATE)
    return building.call(facet, "ec2", "ModifyLaunchTemplate", LaunchTemplateId=facet.names[0], DefaultVersion=value)


DEFAULT_VERSION = Kind(
    name="ec2/launch_template_default",
    order=30,
    permissions=("ec2:DescribeLaunchTemplates", "ec2:ModifyLaunchTemplate"),
    takes=building.names_match(_TEMPLATE),
    read=_read_default,
    moves=building.moves_by(_to_default, _is_version),
)

_KEY_NAME = re.compile(r"[\x21-\x7a|~]([\x20-\x7a|~]{0,253}[\x21-\x7a|~])?", re.ASCII)
_PUBLIC_KEY = re.compile(r"(ssh-rsa|ssh-ed25519) [A-Za-z0-9+/=]{16,1500}( [\x21-\x7e]{0,255})?", re.ASCII)
_LOST_KEY = (
    "A key pair was deleted from EC2. Instances that have it still let its owner in; whoever has the private key imports it again: "
    "aws ec2 import-key-pair --key-name NAME --public-key-material fileb://KEY.pub."
)


def _read_key(reads: Reads, facet: Facet) -> Json:
    question = building.call(facet, "ec2", "DescribeKeyPairs", KeyNames=[facet.names[0]], IncludePublicKey=True)
    found = building.asked(reads, question)
    if not found or not found["KeyPairs"]:
        return None
    shown = str(found["KeyPairs"][0].get("PublicKey") or "").strip()
    return {"public_key": shown if _PUBLIC_KEY.fullmatch(shown) else ""}


def _is_key(value: Json) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"public_key"}
        and isinstance(value["public_key"], str)
        and (value["public_key"] == "" or bool(_PUBLIC_KEY.fullmatch(value["public_key"])))
    )


def _to_key(facet: Facet, value: Json) -> Call:
    if value is None:
        return building.call(facet, "ec2", "DeleteKeyPair", KeyName=facet.names[0])
    if not value["public_key"]:
        raise IrreversibleError(_LOST_KEY)
    return building.call(facet, "ec2", "ImportKeyPair", KeyName=facet.names[0], PublicKeyMaterial=value["public_key"])


def _moves_key(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if live is not None and wanted is not None:
        raise IrreversibleError(building.NO_STATE)
    return building.moves_by(_to_key, _is_key)(facet, live, wanted)


KEY_PAIR = Kind(
    name="ec2/key_pair",
    order=10,
    permissions=("ec2:DescribeKeyPairs", "ec2:ImportKeyPair", "ec2:DeleteKeyPair"),
    takes=building.names_match(_KEY_NAME),
    read=_read_key,
    moves=_moves_key,
    kept=building.same,
    # Events do not tell the public key.
    matches=lambda live, expected: (live is None) == (expected is None),
    word=lambda facet: facet.names[0] if re.fullmatch(r"[\w.-]{4,}", facet.names[0], re.ASCII) else "keyName",
)


def _change(kind: Kind, event: Event, *names: Json, there: bool, value: Json = _THERE) -> Iterator[Change]:
    told = tuple(str(name) for name in names if name is not None)
    if kind.takes(told):
        facet = Facet(kind.name, event.account, event.region, told)
        yield Change(facet=facet, after=value if there else None, before=None if there else value)


def _group_made(event: Event) -> Iterator[Change]:
    return _change(GROUP, event, ec2_shapes.answer_of(event).get("groupId"), there=True)


def _group_deleted(event: Event) -> Iterator[Change]:
    return _change(GROUP, event, ec2_shapes.request_of(event).get("groupId"), there=False)


def _key_made(event: Event) -> Iterator[Change]:
    return _change(KEY_PAIR, event, event.request.get("keyName"), there=True, value={"public_key": ""})


def _key_deleted(event: Event) -> Iterator[Change]:
    return _change(KEY_PAIR, event, event.request.get("keyName"), there=False, value={"public_key": ""})


def _of_template(event: Event) -> Mapping[str, Json]:
    answer = ec2_shapes.answer_of(event)
    return building.mapping(answer.get("launchTemplate") or answer.get("launchTemplateVersion"))


def _template_made(event: Event) -> Iterator[Change]:
    """Its first version is the default one."""
    yield from _change(TEMPLATE, event, _of_template(event).get("launchTemplateId"), there=True)
    for change in _defaulted(event):
        yield Change(facet=change.facet, after=change.after, before=GONE)


def _template_deleted(event: Event) -> Iterator[Change]:
    told = _of_template(event) or building.mapping(ec2_shapes.request_of(event))
    return _change(TEMPLATE, event, ec2_shapes.field(told, "LaunchTemplateId"), there=False)


def _version_made(event: Event) -> Iterator[Change]:
    told = _of_template(event)
    return _change(
        VERSION, event, told.get("launchTemplateId"), building.whole_number(told.get("versionNumber")), there=True
    )


def _versions_deleted(event: Event) -> Iterator[Change]:
    answer = ec2_shapes.answer_of(event)
    key = "successfullyDeletedLaunchTemplateVersionSet"
    for one in map(building.mapping, ec2_shapes.items(answer.get(key))):
        yield from _change(
            VERSION, event, one.get("launchTemplateId"), building.whole_number(one.get("versionNumber")), there=False
        )


def _defaulted(event: Event) -> Iterator[Change]:
    told = _of_template(event)
    names = (building.text(told.get("launchTemplateId")),)
    if DEFAULT_VERSION.takes(names):
        number = building.whole_number(told.get("defaultVersionNumber"))
        facet = Facet(DEFAULT_VERSION.name, event.account, event.region, names)
        yield Change(facet=facet, after=number if _is_version(number) else UNKNOWN)


_KEPT: Final = "nothing by default; {} if what the attacker made is to be deleted"
KINDS = (GROUP, KEY_PAIR, TEMPLATE, VERSION, DEFAULT_VERSION)
ENTRIES = tuple(
    Entry(
        service="ec2",
        operation=operation,
        changes=changes,
        undone_by=undone_by,
        before_from="an earlier event" if operation == "ModifyLaunchTemplate" else "the call itself",
    )
    for operation, changes, undone_by in (
        ("CreateSecurityGroup", _group_made, _KEPT.format("DeleteSecurityGroup")),
        ("DeleteSecurityGroup", _group_deleted, "a human"),
        ("CreateKeyPair", _key_made, _KEPT.format("DeleteKeyPair")),
        ("ImportKeyPair", _key_made, _KEPT.format("DeleteKeyPair")),
        ("DeleteKeyPair", _key_deleted, "a human, who has the key"),
        ("CreateLaunchTemplate", _template_made, _KEPT.format("DeleteLaunchTemplate")),
        ("DeleteLaunchTemplate", _template_deleted, "a human"),
        ("CreateLaunchTemplateVersion", _version_made, _KEPT.format("DeleteLaunchTemplateVersions")),
        ("DeleteLaunchTemplateVersions", _versions_deleted, "a human"),
        ("ModifyLaunchTemplate", _defaulted, "ModifyLaunchTemplate"),
    )
)

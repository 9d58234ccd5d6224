# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings of EC2 that hold for an account in a region, on or off: one facet each. Each has a call that sets it and one that takes it back.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableSerialConsoleAccess.html and its siblings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import UNKNOWN, Change, Facet, Kind, Value
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building, ec2_shapes
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

ON: Final = "on"
OFF: Final = "off"


@dataclass(frozen=True, slots=True)
class _Setting:
    name: str
    """As in Enable…, Disable… and Get…."""
    enable: str
    disable: str
    get: str
    answer: str
    """The member of Get…'s answer."""
    state: str = ""
    """What Enable… is told, and Get… answers, where there is more than on and off."""
    states: tuple[str, ...] = (ON,)
    """All that it can be when it is on."""
    off: str = ""
    """What Get… answers when it is off."""


_SETTINGS: Mapping[str, _Setting] = {
    one.name: one
    for one in (
        _Setting(
            "SerialConsoleAccess",
            "EnableSerialConsoleAccess",
            "DisableSerialConsoleAccess",
            "GetSerialConsoleAccessStatus",
            "SerialConsoleAccessEnabled",
        ),
        _Setting(
            "EbsEncryptionByDefault",
            "EnableEbsEncryptionByDefault",
            "DisableEbsEncryptionByDefault",
            "GetEbsEncryptionByDefault",
            "EbsEncryptionByDefault",
        ),
        _Setting(
            "SnapshotBlockPublicAccess",
            "EnableSnapshotBlockPublicAccess",
            "DisableSnapshotBlockPublicAccess",
            "GetSnapshotBlockPublicAccessState",
            "State",
            "State",
            ("block-all-sharing", "block-new-sharing"),
            "unblocked",
        ),
        _Setting(
            "ImageBlockPublicAccess",
            "EnableImageBlockPublicAccess",
            "DisableImageBlockPublicAccess",
            "GetImageBlockPublicAccessState",
            "ImageBlockPublicAccessState",
            "ImageBlockPublicAccessState",
            ("block-new-sharing",),
            "unblocked",
        ),
    )
}


def _takes(names: tuple[str, ...]) -> bool:
    return len(names) == 1 and names[0] in _SETTINGS


def _read(reads: Reads, facet: Facet) -> Json:
    setting = _SETTINGS[facet.names[0]]
    found = reads.read(building.call(facet, "ec2", setting.get)).get(setting.answer)
    if setting.state:
        return OFF if found == setting.off else found
    return ON if found else OFF


def _to(facet: Facet, value: Json) -> Call:
    setting = _SETTINGS[facet.names[0]]
    if value in (OFF, None):
        return building.call(facet, "ec2", setting.disable)
    state: dict[str, Json] = {setting.state: value} if setting.state else {}
    return building.call(facet, "ec2", setting.enable, **state)


ACCOUNT_SETTING = Kind(
    name="ec2/account_setting",
    order=40,
    permissions=tuple(f"ec2:{name}" for one in _SETTINGS.values() for name in (one.get, one.enable, one.disable)),
    takes=_takes,
    read=_read,
    moves=building.moves_by(
        _to, building.one_of(ON, OFF, *(state for one in _SETTINGS.values() for state in one.states))
    ),
    word=lambda facet: facet.names[0],
)


def _changes(setting: _Setting, *, enables: bool) -> Callable[[Event], Iterator[Change]]:
    """Both calls succeed also where nothing changes. Of a setting that is on or off, that it was the other is taken from its being
    asked for."""

    def changes(event: Event) -> Iterator[Change]:
        before: Value = ON if not enables else OFF
        after: Json = ON if enables else OFF
        if setting.state:
            told = ec2_shapes.field(ec2_shapes.request_of(event), setting.state)
            if enables and told not in setting.states:
                return
            before = UNKNOWN if len(setting.states) > 1 else OFF if enables else setting.states[0]
            after = told if enables else OFF
        facet = Facet(ACCOUNT_SETTING.name, event.account, event.region, (setting.name,))
        yield Change(facet=facet, after=after, before=before)

    return changes


KINDS = (ACCOUNT_SETTING,)
ENTRIES = (
    *(
        Entry(
            service="ec2",
            operation=operation,
            changes=_changes(setting, enables=operation == setting.enable),
            undone_by=setting.disable if operation == setting.enable else setting.enable,
            before_from="the call itself" if len(setting.states) == 1 else "an earlier event",
        )
        for setting in _SETTINGS.values()
        for operation in (setting.enable, setting.disable)
    ),
    *building.by_hand(
        "ec2",
        "A default of the account for EBS keys, instance metadata, or public access of VPCs was changed, and the event does not tell "
        "what it "
        "was: compare with another region or account, and set it back (aws ec2 modify-ebs-default-kms-key-id, aws ec2 "
        "modify-instance-metadata-defaults, aws ec2 modify-vpc-block-public-access-options).",
        "ModifyEbsDefaultKmsKeyId",
        "ResetEbsDefaultKmsKeyId",
        "ModifyInstanceMetadataDefaults",
        "ModifyVpcBlockPublicAccessOptions",
        "CreateVpcBlockPublicAccessExclusion",
        "DeleteVpcBlockPublicAccessExclusion",
        "ModifyVpcBlockPublicAccessExclusion",
    ),
    *building.harmless(
        "ec2-instance-connect",
        "The key that was sent is taken from the instance after 60 seconds. Whoever signed in with it may have left something in the "
        "instance: examine it.",
        "SendSSHPublicKey",
        "SendSerialConsoleSSHPublicKey",
        "OpenTunnel",
    ),
)

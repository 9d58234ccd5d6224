# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What users sign in to the console with: passwords, and MFA devices. Neither can be switched off: what the attacker added is removed, and
what the attacker removed takes the user, who alone knows the password or holds the device.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html,
https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import (
    GONE,
    Change,
    Facet,
    IrreversibleError,
    Kind,
    Move,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.iam_parts import (
    SERIAL,
    changed,
    iam_call,
    requested,
    takes_only,
    takes_with,
    user_in,
    word,
)
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.parts import (
    THERE,
    call_about,
    is_there,
    move,
    or_gone,
    same,
    text_at,
)
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_OF_ROOT: Final = (
    "It names no user: an MFA device of the account's root user was added or removed. Sign in as root, look at "
    "Security credentials, remove "
    "devices that are not yours, and set up your own again."
)


def _read_profile(reads: Reads, facet: Facet) -> Json:
    if or_gone(lambda: reads.read(iam_call(facet, "GetLoginProfile"))) is not None:
        return THERE
    return GONE if or_gone(lambda: reads.read(iam_call(facet, "GetUser"))) is None else None


def _profile_moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if not is_there(wanted):
        return (move(iam_call(facet, "DeleteLoginProfile")),) if is_there(live) else ()
    raise IrreversibleError(
        f"The attacker deleted the console password of user {facet.names[1]}, which nobody but the user knows. If the "
        "user still needs it: "
        f"aws iam create-login-profile --user-name {facet.names[1]} --password PASSWORD --password-reset-required."
    )


LOGIN_PROFILE = Kind(
    name="iam/login_profile",
    order=20,
    permissions=("iam:GetLoginProfile", "iam:GetUser", "iam:DeleteLoginProfile"),
    takes=takes_only("user"),
    read=_read_profile,
    moves=_profile_moves,
    word=word,
)


def _profile_created(event: Event) -> Iterator[Change]:
    names = ("user", user_in(event, "loginProfile"))
    if LOGIN_PROFILE.takes(names):
        yield changed(event, LOGIN_PROFILE.name, *names, before=None, after=THERE)


def _profile_deleted(event: Event) -> Iterator[Change]:
    names = ("user", user_in(event))
    if LOGIN_PROFILE.takes(names):
        yield changed(event, LOGIN_PROFILE.name, *names, before=THERE, after=None)


def _read_device(reads: Reads, facet: Facet) -> Json:
    found = or_gone(lambda: reads.pages(iam_call(facet, "ListMFADevices"), "MFADevices"))
    if found is None:
        return GONE
    return THERE if any(device["SerialNumber"] == facet.names[2] for device in found) else None


def _device_moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if not is_there(wanted):
        return (move(iam_call(facet, "DeactivateMFADevice", SerialNumber=facet.names[2])),) if is_there(live) else ()
    raise IrreversibleError(
        f"The attacker took an MFA device from user {facet.names[1]}, and only who holds it can give the two codes to "
        "enable it again: "
        f"aws iam enable-mfa-device --user-name {facet.names[1]} --serial-number {facet.names[2]} "
        "--authentication-code1 CODE "
        "--authentication-code2 CODE. A virtual device that was deleted has to be made and set up anew."
    )


MFA_DEVICE = Kind(
    name="iam/mfa_device",
    order=20,
    permissions=("iam:ListMFADevices", "iam:DeactivateMFADevice"),
    takes=takes_with(SERIAL, "user"),
    read=_read_device,
    moves=_device_moves,
    word=word,
)


def _device_enabled(event: Event) -> Iterator[Change]:
    # A device that is enabled is refused: https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html
    yield from _device_change(event, None, THERE)


def _device_taken(event: Event) -> Iterator[Change]:
    yield from _device_change(event, THERE, None)


def _device_change(event: Event, before: Json, after: Json) -> Iterator[Change]:
    names = ("user", user_in(event), requested(event, "SerialNumber"))
    if MFA_DEVICE.takes(names):
        yield changed(event, MFA_DEVICE.name, *names, before=before, after=after)


def _takes_virtual(names: tuple[str, ...]) -> bool:
    return len(names) == 2 and names[0] == "mfa" and bool(SERIAL.fullmatch(names[1]))


def _read_virtual(reads: Reads, facet: Facet) -> Json:
    found = reads.pages(call_about(facet, "iam", "ListVirtualMFADevices"), "VirtualMFADevices")
    return THERE if any(device["SerialNumber"] == facet.names[1] for device in found) else None


def _virtual_moves(facet: Facet, live: Json, wanted: Json) -> Sequence[Move]:
    if not is_there(wanted):
        return (move(call_about(facet, "iam", "DeleteVirtualMFADevice", SerialNumber=facet.names[1])),) if live else ()
    raise IrreversibleError(
        f"The attacker deleted the virtual MFA device {facet.names[1]}, whose seed is lost with it. Let its user set "
        "up a new one: "
        "aws iam create-virtual-mfa-device, then aws iam enable-mfa-device."
    )


# Assigned to nobody it signs nobody in: it is left. https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateVirtualMFADevice.html
VIRTUAL_MFA_DEVICE = Kind(
    name="iam/virtual_mfa_device",
    order=10,
    permissions=("iam:ListVirtualMFADevices", "iam:DeleteVirtualMFADevice"),
    takes=_takes_virtual,
    read=_read_virtual,
    moves=_virtual_moves,
    kept=same,
    word=word,
)


def _virtual_created(event: Event) -> Iterator[Change]:
    names = ("mfa", text_at(event.response, "virtualMFADevice", "serialNumber"))
    if _takes_virtual(names):
        yield changed(event, VIRTUAL_MFA_DEVICE.name, *names, before=None, after=THERE)


def _virtual_deleted(event: Event) -> Iterator[Change]:
    names = ("mfa", requested(event, "SerialNumber"))
    if _takes_virtual(names):
        yield changed(event, VIRTUAL_MFA_DEVICE.name, *names, before=THERE, after=None)


KINDS = (LOGIN_PROFILE, MFA_DEVICE, VIRTUAL_MFA_DEVICE)
ENTRIES = (
    Entry(
        service="iam",
        operation="CreateLoginProfile",
        changes=_profile_created,
        undone_by="DeleteLoginProfile",
        before_from="the call itself",
    ),
    Entry(
        service="iam",
        operation="DeleteLoginProfile",
        changes=_profile_deleted,
        undone_by="nothing: a manual step",
        before_from="the call itself",
    ),
    Entry(
        service="iam",
        operation="UpdateLoginProfile",
        manual=(
            "The attacker set the console password of a user, or whether it must be changed, and may know it. Nobody "
            "knows the old one: give "
            "the user another: aws iam update-login-profile --user-name USER --password PASSWORD "
            "--password-reset-required; or take it away: "
            "aws iam delete-login-profile --user-name USER."
        ),
    ),
    Entry(
        service="iam",
        operation="ChangePassword",
        manual=(
            "The attacker changed the console password of the user that made this call, and knows it. Give the user "
            "another: "
            "aws iam update-login-profile --user-name USER --password PASSWORD --password-reset-required."
        ),
    ),
    Entry(
        service="iam",
        operation="EnableMFADevice",
        changes=_device_enabled,
        undone_by="DeactivateMFADevice",
        before_from="the call itself",
        manual=_OF_ROOT,
    ),
    Entry(
        service="iam",
        operation="DeactivateMFADevice",
        changes=_device_taken,
        undone_by="nothing: a manual step",
        before_from="the call itself",
        manual=_OF_ROOT,
    ),
    Entry(
        service="iam",
        operation="ResyncMFADevice",
        harmless="It only tells IAM how far the clock of a device is off; who has the device needs it to be right.",
    ),
    Entry(
        service="iam",
        operation="CreateVirtualMFADevice",
        changes=_virtual_created,
        undone_by="DeleteVirtualMFADevice, when asked: assigned to nobody it signs nobody in",
        before_from="the call itself",
    ),
    Entry(
        service="iam",
        operation="DeleteVirtualMFADevice",
        changes=_virtual_deleted,
        undone_by="nothing: a manual step",
        before_from="the call itself",
    ),
)

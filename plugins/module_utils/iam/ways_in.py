# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ways into an account that only a human can close, because closing them cannot be undone: the console password and MFA devices of a
user, and the identity providers that its account trusts. Only read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal, iam_call
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json, State
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

PERMISSIONS = (
    "iam:ListMFADevices",
    "iam:GetLoginProfile",
    "iam:ListSAMLProviders",
    "iam:ListOpenIDConnectProviders",
)
LOGIN_PROFILE = "login_profile"
MFA_DEVICE = "mfa_device/"
SAML_PROVIDER = "saml_provider/"
OIDC_PROVIDER = "oidc_provider/"
THERE = "there"
_UNREAD = "unread/"

# What may stand in a command that a person copies. https://docs.aws.amazon.com/IAM/latest/APIReference/API_MFADevice.html
_PLAIN = re.compile(r"[\w+=/:,.@-]{1,256}", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class _List:
    """One list that is read."""

    facet: str
    call: Call
    key: str
    id_name: str
    is_paged: bool
    command: str
    """What shows it to a person."""


def ahead(reads: Reads, target: IamPrincipal) -> None:
    """Begin to ask for all of it. What is about the account is asked once for all its users."""
    reads.ahead(target.call("GetLoginProfile"))
    for one in _lists(target):
        reads.ahead(one.call, one.key if one.is_paged else None)


def observe(reads: Reads, target: IamPrincipal) -> dict[str, Json]:
    """What cannot be read is told as that: it keeps nothing from being done."""
    state: dict[str, Json] = {}
    try:
        reads.read(target.call("GetLoginProfile"))
        state[LOGIN_PROFILE] = THERE
    except AwsError as error:
        if error.code == "NoSuchEntity":
            state[LOGIN_PROFILE] = None
        else:
            state[_UNREAD + LOGIN_PROFILE] = str(error)
    for one in _lists(target):
        listed = partial(reads.pages, one.call, one.key) if one.is_paged else partial(_read, reads, one)
        try:
            state |= {one.facet + found[one.id_name]: THERE for found in listed()}
        except AwsError as error:
            state[_UNREAD + one.facet] = str(error)
    return state


def notes(state: State, target: IamPrincipal) -> Sequence[str]:
    """A sentence for each way in that there is, or that could not be looked at, with the command to type."""
    user = f"--user-name {target.name}"
    found = []
    if state.get(LOGIN_PROFILE) is not None:
        found.append(
            f"{target.label} has a console password, which was left: nothing is allowed to who signs in while everything is denied. To "
            f"remove it, which cannot be undone: aws iam delete-login-profile {user}"
        )
    elif _UNREAD + LOGIN_PROFILE in state:
        found.append(f"Not looked at: a console password. Look: aws iam get-login-profile {user}")
    for serial in _ids(state, MFA_DEVICE):
        command = f"aws iam deactivate-mfa-device {user} --serial-number {serial}" if _PLAIN.fullmatch(serial) else ""
        found.append(
            f"{target.label} has the MFA device {ascii(serial)[1:-1]}: ask its owner whether it is theirs, or has been added. "
            f"{f'To take it away: {command}' if command else 'Take it away in the console if not.'}"
        )
    for facet, what in ((SAML_PROVIDER, "SAML"), (OIDC_PROVIDER, "OpenID Connect")):
        providers = _ids(state, facet)
        if providers:
            listed = ", ".join(ascii(provider)[1:-1] for provider in providers)
            found.append(
                f"Account {target.account} lets who signs in at these {what} providers assume roles: {listed}. One that nobody knows is a "
                "way back in."
            )
    return [*found, *_not_looked_at(state, target)]


def _lists(target: IamPrincipal) -> tuple[_List, ...]:
    of_account = partial(iam_call, target.account, target.partition)
    return (
        _List(
            facet=MFA_DEVICE,
            call=target.call("ListMFADevices"),
            key="MFADevices",
            id_name="SerialNumber",
            is_paged=True,
            command=f"aws iam list-mfa-devices --user-name {target.name}",
        ),
        _List(
            facet=SAML_PROVIDER,
            call=of_account("ListSAMLProviders"),
            key="SAMLProviderList",
            id_name="Arn",
            is_paged=False,
            command="aws iam list-saml-providers",
        ),
        _List(
            facet=OIDC_PROVIDER,
            call=of_account("ListOpenIDConnectProviders"),
            key="OpenIDConnectProviderList",
            id_name="Arn",
            is_paged=False,
            command="aws iam list-open-id-connect-providers",
        ),
    )


def _read(reads: Reads, one: _List) -> list[dict[str, Json]]:
    found: list[dict[str, Json]] = reads.read(one.call)[one.key]
    return found


def _ids(state: State, facet: str) -> list[str]:
    return sorted(name.removeprefix(facet) for name, value in state.items() if name.startswith(facet) and value)


def _not_looked_at(state: State, target: IamPrincipal) -> Iterator[str]:
    for one in _lists(target):
        if _UNREAD + one.facet in state:
            yield f"Not looked at, AWS refused it: {one.facet.rstrip('/').replace('_', ' ')}s. Look: {one.command}"

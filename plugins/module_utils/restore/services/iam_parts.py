# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the files about IAM share: names and patterns of users, roles, groups and policies, and calls about their facets.

Names of IAM's facets begin with what they are of: ("user", "alice"), ("policy", "arn:…"); kinds about a whole thing have no more names.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import UNKNOWN, Change, Facet, Value
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.parts import call_about, text_at
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

_WORDS: Final = {
    "user": re.compile(r"[\w+=,.@-]{1,64}", re.ASCII),
    "role": re.compile(r"[\w+=,.@-]{1,64}", re.ASCII),
    "group": re.compile(r"[\w+=,.@-]{1,128}", re.ASCII),
    "instance-profile": re.compile(r"[\w+=,.@-]{1,128}", re.ASCII),
    "policy": re.compile(r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\x21-\x7e]{1,640}", re.ASCII),
    "oidc-provider": re.compile(r"arn:aws[a-z-]*:iam::\d{12}:oidc-provider/[\x21-\x7e]{1,255}", re.ASCII),
    "saml-provider": re.compile(r"arn:aws[a-z-]*:iam::\d{12}:saml-provider/[\w.-]{1,128}", re.ASCII),
}
_PARAMETERS: Final = {
    "user": "UserName",
    "role": "RoleName",
    "group": "GroupName",
    "instance-profile": "InstanceProfileName",
    "policy": "PolicyArn",
    "oidc-provider": "OpenIDConnectProviderArn",
    "saml-provider": "SAMLProviderArn",
}
NOUNS: Final = {
    "user": "User",
    "role": "Role",
    "group": "Group",
    "instance-profile": "InstanceProfile",
    "policy": "Policy",
    "oidc-provider": "OpenIDConnectProvider",
    "saml-provider": "SAMLProvider",
}
"""How IAM's operations call them."""
_THINGS: Final = {thing: f"iam/{thing.replace('-provider', '_provider')}" for thing in NOUNS}
"""The kinds of facets that are about a whole thing."""
POLICY_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html, the ids of other credentials likewise.
CREDENTIAL_ID = re.compile(r"\w{16,128}", re.ASCII)
SERIAL = re.compile(r"[\w+=/:,.@-]{9,256}", re.ASCII)
PATH = re.compile(r"/|/[\x21-\x7e]{1,510}/", re.ASCII)
Changes = Callable[[Event], Iterator[Change]]


def names_thing(names: tuple[str, ...], *things: str) -> bool:
    """Whether names begin with one of `things` and a name that it may have."""
    return len(names) >= 2 and names[0] in things and bool(_WORDS[names[0]].fullmatch(names[1]))


def takes_only(*things: str) -> Callable[[tuple[str, ...]], bool]:
    """A Kind's `takes` for facets that are about a whole thing."""
    return lambda names: len(names) == 2 and names_thing(names, *things)


def takes_with(pattern: re.Pattern[str], *things: str) -> Callable[[tuple[str, ...]], bool]:
    """A Kind's `takes` for facets that are about one part of a thing."""
    return lambda names: len(names) == 3 and names_thing(names, *things) and bool(pattern.fullmatch(names[2]))


def word(facet: Facet) -> str:
    """A Kind's `word`; short names stand in too many records."""
    return facet.names[1] if len(facet.names[1]) >= 4 else "iam.amazonaws.com"


def iam_call(facet: Facet, operation: str, **parameters: Json) -> Call:
    """A call to IAM that names what the facet is of: `{}` in the operation stands for "User", "Role", "Group", "OpenIDConnectProvider"."""
    thing, name = facet.names[:2]
    return call_about(facet, "iam", operation.format(NOUNS[thing]), **{_PARAMETERS[thing]: name}, **parameters)


def changed(event: Event, kind: str, *names: str, after: Value, before: Value = UNKNOWN) -> Change:
    """A change of the facet of these names; it hangs on the thing that the first two of them name."""
    thing = _THINGS.get(names[0], "")
    is_part = bool(thing) and kind not in (*_THINGS.values(), "iam/renaming")
    return Change(
        facet=Facet(kind, event.account, event.region, names),
        before=before,
        after=after,
        holder=Facet(thing, event.account, event.region, names[:2]) if is_part else None,
    )


def requested(event: Event, parameter: str) -> str:
    """A text of the request, by the API's name of the parameter: "UserName"."""
    return text_at(event.request, parameter[:1].lower() + parameter[1:])


def thing_in(event: Event, thing: str) -> str:
    """The name of the user, role, group, policy or provider that the request is about."""
    return requested(event, _PARAMETERS[thing])


def user_in(event: Event, answer: str = "") -> str:
    """The user that a request about credentials means. Where it names none, IAM takes the one whose key signed it; `answer`: what of the
    answer names it. https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html"""
    own = text_at(event.identity, "userName") if text_at(event.identity, "type") == "IAMUser" else ""
    return requested(event, "UserName") or text_at(event.response, answer, "userName") or own


def tags_in(value: Json) -> dict[str, str]:
    """The tags of a request, or of an answer of AWS's; those that are not shown are left out."""
    found = {}
    for tag in value if isinstance(value, list) else ():
        key, text = (text_at(tag, "key") or text_at(tag, "Key")), (text_at(tag, "value") or text_at(tag, "Value"))
        if TAG_KEY.fullmatch(key) and TAG_VALUE.fullmatch(text) and not key.startswith("HIDDEN_DUE_TO"):
            found[key] = text
    return found


def tag_list(tags: Json) -> list[Json]:
    """Tags as requests take them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


# https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html: letters, spaces and digits of any script, and _.:/=+-@
TAG_KEY = re.compile(r"[\w \u00a0\u2000-\u200a\u3000.:/=+@-]{1,128}")
TAG_VALUE = re.compile(r"[\w \u00a0\u2000-\u200a\u3000.:/=+@-]{0,256}")

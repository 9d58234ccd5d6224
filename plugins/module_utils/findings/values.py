# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values in a finding are a stranger's text: each is read at a known path and must match what AWS documents. Pure.

Nothing in an error or a reason repeats the text that was refused: it may be meant for the screen, or for Jinja.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError

TRIED = "read the finding"
REMEDY = "Nothing was done. Export the finding again. If it is like this in GuardDuty too, handle it by hand."


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """What a value must be, for the program and for a person."""

    name: str
    regex: re.Pattern[str]


def _pattern(name: str, regex: str) -> Pattern:
    return Pattern(name=name, regex=re.compile(regex, re.ASCII))


ACCOUNT = _pattern("an account id of 12 digits", r"[0-9]{12}")
REGION = _pattern("a region", r"[a-z]{2,6}(?:-[a-z]{2,12}){1,3}-[0-9]{1,2}")
PARTITION = _pattern("a partition", r"aws(?:-[a-z]{1,10}){0,3}")
# https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Finding.html; GuardDuty uses 32 hexadecimal characters.
FINDING_ID = _pattern("a finding id", r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
# https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-format.html
FINDING_TYPE = _pattern(
    "a GuardDuty finding type such as Recon:EC2/Portscan",
    r"[A-Za-z]{2,40}:[A-Za-z0-9]{2,40}/[A-Za-z0-9][A-Za-z0-9.&!_-]{0,99}",
)
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html
ACCESS_KEY_ID = _pattern("an access key id", r"[A-Z0-9]{16,128}")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
PRINCIPAL_ID = _pattern("a principal id", r"[A-Z0-9]{3,128}(?::[\w+=,.@-]{1,128})?")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
USER_ID = _pattern("a user's unique id", r"AIDA[A-Z0-9]{12,124}")
ROLE_ID = _pattern("a role's unique id", r"AROA[A-Z0-9]{12,124}")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
PRINCIPAL_NAME = _pattern("an IAM name", r"[\w+=,.@-]{1,64}")
USER_TYPE = _pattern("a user type", r"[A-Za-z]{1,64}")
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
INSTANCE_ID = _pattern("an instance id", r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, with the former rules of us-east-1
BUCKET = _pattern("a bucket name", r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]")
# https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
FUNCTION = _pattern("a function name", r"[A-Za-z0-9_-]{1,140}")
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.Constraints
DATABASE = _pattern("a database identifier", r"[A-Za-z][A-Za-z0-9-]{0,62}")
# https://docs.aws.amazon.com/eks/latest/APIReference/API_Cluster.html and ECS's up to 255
CLUSTER = _pattern("a cluster name", r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}")
ARN = _pattern(
    "an ARN", r"arn:aws[a-z-]{0,30}:[a-z0-9-]{1,32}:[a-z0-9-]{0,32}:(?:[0-9]{12})?:[A-Za-z0-9][\w+=,.@/:-]{0,511}"
)
USER_ARN = _pattern(
    "the ARN of an IAM user", r"arn:aws[a-z-]{0,30}:iam::[0-9]{12}:user/(?:[\w+=,.@:-]{1,200}/){0,10}[\w+=,.@-]{1,64}"
)
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns, and how long names of sessions are:
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html, .../API_GetFederationToken.html
SESSION_ARN = _pattern(
    "the ARN of a session of a role",
    r"arn:aws[a-z-]{0,30}:sts::(?P<account>[0-9]{12}):assumed-role/(?P<role>[\w+=,.@-]{1,64})/(?P<session>[\w+=,.@-]{2,64})",
)
FEDERATED_ARN = _pattern(
    "the ARN of a federated user", r"arn:aws[a-z-]{0,30}:sts::[0-9]{12}:federated-user/[\w+=,.@-]{2,32}"
)
ROOT_ARN = _pattern("the ARN of a root user", r"arn:aws[a-z-]{0,30}:iam::[0-9]{12}:root")
# https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html; the last label is never a number.
_DOMAIN = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+(?![0-9]+\Z)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?",
    re.ASCII,
)

# What CreateSampleFindings puts where otherwise an id of AWS's own making stands; no real id looks so. Names do not
# count: whoever can create a user can name it GeneratedFindingUserName, and would never be contained.
_PLACEHOLDER = re.compile(r"(?:GeneratedFinding\w{0,64}|i-9{8}(?:9{9})?)", re.ASCII)
_SAFE_WORDS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9 ._-]{0,63}", re.ASCII)


def is_placeholder(value: object) -> bool:
    return isinstance(value, str) and _PLACEHOLDER.fullmatch(value) is not None


def shown(value: object) -> str | None:
    """`value` where it is harmless in a message, else nothing."""
    return str(value) if isinstance(value, str) and _SAFE_WORDS.fullmatch(value) else None


def described(value: object) -> str:
    """What sort of value it is, without repeating it."""
    if isinstance(value, str):
        return f"text of {len(value):,} characters"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, Sequence):
        return "a list"
    if isinstance(value, bool) or value is None:
        return "null" if value is None else "a truth value"
    return "a number" if isinstance(value, (int, float)) else "a value of another kind"


def wrong(path: str, value: object, wanted: str) -> InputError:
    return InputError(TRIED, f"`{path}` is {described(value)} where {wanted} is expected", REMEDY)


@dataclass(frozen=True, slots=True)
class Node:
    """One object of the finding and where it stands. Names are given in camelCase and found in PascalCase too."""

    content: Mapping[object, object]
    path: str

    def value(self, name: str) -> object:
        """What stands under `name`; nothing where it is absent, null, empty text, or a "null" of Security Hub."""
        pascal = name[:1].upper() + name[1:]
        if pascal != name and name in self.content and pascal in self.content:
            raise InputError(TRIED, f"`{self.at(name)}` stands there twice, as {name} and as {pascal}", REMEDY)
        found = self.content.get(name, self.content.get(pascal))
        return None if isinstance(found, str) and found in ("", "null") else found

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def node(self, name: str) -> Node:
        """The object under `name`; an empty one where there is none."""
        found = self.value(name)
        if found is not None and not isinstance(found, Mapping):
            raise wrong(self.at(name), found, "an object")
        return Node(found or {}, self.at(name))

    def nodes(self, name: str) -> Iterator[Node]:
        """The objects in the list under `name`; a single object counts as a list of one."""
        found = self.value(name)
        entries = [] if found is None else [found] if isinstance(found, Mapping) else found
        if not isinstance(entries, Sequence) or isinstance(entries, (str, bytes)):
            raise wrong(self.at(name), found, "a list")
        for number, entry in enumerate(entries):
            if not isinstance(entry, Mapping):
                raise wrong(f"{self.at(name)}[{number}]", entry, "an object")
            yield Node(entry, f"{self.at(name)}[{number}]")

    def text(self, name: str, pattern: Pattern) -> str | None:
        """The text under `name`, or nothing where there is none. Raises InputError for what does not match."""
        found = self.value(name)
        return None if found is None else matched(found, pattern, self.at(name))

    def placed(self, name: str, pattern: Pattern) -> str | None:
        """As `text`, but lets GuardDuty's placeholders through, for ids that AWS chooses."""
        found = self.value(name)
        return str(found) if is_placeholder(found) else self.text(name, pattern)


def matched(value: object, pattern: Pattern, path: str) -> str:
    """A plain copy of `value`, free of anything Ansible may have attached to it."""
    if not isinstance(value, str) or pattern.regex.fullmatch(value) is None:
        raise wrong(path, value, pattern.name)
    return "".join(value)


def number(value: object, path: str, low: float, high: float) -> float | int:
    """A number within bounds, whole ones as int."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise wrong(path, value, f"a number from {low} to {high}")
    if not low <= value <= high:
        raise InputError(TRIED, f"`{path}` is not within {low} to {high}", REMEDY)
    return int(value) if value == int(value) else float(value)


def ip_indicator(value: object) -> tuple[str | None, str]:
    """The address in its usual spelling, or nothing and why: what can never be an attacker's must not be blocked."""
    try:
        address = ipaddress.ip_address(value) if isinstance(value, str) and "%" not in value else None
    except ValueError:
        address = None
    if address is None:
        return None, f"{described(value)}, not an IP address"
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_unspecified or address.is_loopback or address.is_link_local or address.is_multicast:
        return None, f"{address} is not the address of a single remote host"
    return str(address), ""


def domain_indicator(value: object) -> tuple[str | None, str]:
    """The domain in lower case and without the final dot, or nothing and why."""
    name = value.lower().removesuffix(".") if isinstance(value, str) and len(value) <= 254 else ""
    if _DOMAIN.fullmatch(name) is None:
        return None, f"{described(value)}, not a domain name"
    return name, ""

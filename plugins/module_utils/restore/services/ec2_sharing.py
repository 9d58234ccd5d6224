# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whom images and snapshots are shared with: one facet for each account, group, organization or unit. A share that an attacker made is
taken
back: it can be made again. What was copied or launched meanwhile stays where it is.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyImageAttribute.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySnapshotAttribute.html"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import GONE, Certainty, Change, Facet, Kind
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building, ec2_shapes
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

SHARED = "shared"
_WHO: Mapping[str, re.Pattern[str]] = {
    "UserId": building.ACCOUNT,
    "Group": re.compile("all"),
    "OrganizationArn": re.compile(r"arn:aws[a-z-]*:organizations::\d{12}:organization/o-[a-z0-9]{10,32}", re.ASCII),
    "OrganizationalUnitArn": re.compile(
        r"arn:aws[a-z-]*:organizations::\d{12}:ou/o-[a-z0-9]{10,32}/ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}", re.ASCII
    ),
}
"""How AWS names whom something is shared with; "all" is everybody."""


@dataclass(frozen=True, slots=True)
class _Sharing:
    """The names that one kind of thing has in the API."""

    word: str
    ident: re.Pattern[str]
    id_name: str
    attribute: str
    parameter: str
    answer: str
    who: tuple[str, ...]
    copies: str
    """How what the grantee has meanwhile is found."""

    def call(self, facet: Facet, value: Json) -> Call:
        ident, how, whom = facet.names
        change: Json = {"Add" if value == SHARED else "Remove": [{how: whom}]}
        given: dict[str, Json] = {self.id_name: ident, self.parameter: change}
        return building.call(facet, "ec2", f"Modify{self.word}Attribute", **given)

    def read(self, reads: Reads, facet: Facet) -> Json:
        ident, how, whom = facet.names
        asked: dict[str, Json] = {self.id_name: ident, "Attribute": self.attribute}
        found = building.asked(reads, building.call(facet, "ec2", f"Describe{self.word}Attribute", **asked))
        if found is None:
            return GONE
        return SHARED if any(one.get(how) == whom for one in found.get(self.answer, [])) else None

    def takes(self, names: tuple[str, ...]) -> bool:
        return (
            len(names) == 3
            and bool(self.ident.fullmatch(names[0]))
            and names[1] in self.who
            and bool(_WHO[names[1]].fullmatch(names[2]))
        )


_IMAGES = _Sharing(
    word="Image",
    ident=ec2_shapes.id_pattern("ami"),
    id_name="ImageId",
    attribute="launchPermission",
    parameter="LaunchPermission",
    answer="LaunchPermissions",
    who=tuple(_WHO),
    copies="aws ec2 describe-images --image-ids IMAGE",
)
_SNAPSHOTS = _Sharing(
    word="Snapshot",
    ident=ec2_shapes.id_pattern("snap"),
    id_name="SnapshotId",
    attribute="createVolumePermission",
    parameter="CreateVolumePermission",
    answer="CreateVolumePermissions",
    who=("UserId", "Group"),
    copies="aws ec2 describe-snapshots --snapshot-ids SNAPSHOT",
)


def _kind(sharing: _Sharing) -> Kind:
    return Kind(
        name=f"ec2/{sharing.word.lower()}_share",
        order=20,
        permissions=(f"ec2:Describe{sharing.word}Attribute", f"ec2:Modify{sharing.word}Attribute"),
        takes=sharing.takes,
        read=sharing.read,
        moves=building.moves_by(sharing.call, building.one_of(SHARED)),
    )


IMAGE_SHARE = _kind(_IMAGES)
SNAPSHOT_SHARE = _kind(_SNAPSHOTS)


_FLAT: Mapping[str, tuple[str, ...]] = {
    "UserId": ("UserIds", "UserId", "UserIdSet"),
    "Group": ("GroupNames", "UserGroups", "UserGroup", "GroupNameSet"),
    "OrganizationArn": ("OrganizationArns", "OrganizationArn", "OrganizationArnSet"),
    "OrganizationalUnitArn": ("OrganizationalUnitArns", "OrganizationalUnitArn", "OrganizationalUnitArnSet"),
}
"""The lists of the short form, in which all are added or all removed, as the API's SDKs and its queries name them."""


def _flat_way(request: Mapping[str, Json]) -> str:
    return building.text(ec2_shapes.field(request, "OperationType"))


def _flat(request: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """(how, whom): items are the names themselves, or hold them."""
    for how, keys in _FLAT.items():
        for key in keys:
            for one in ec2_shapes.items(ec2_shapes.field(request, key)):
                if isinstance(one, dict):
                    yield from ((how, whom) for whom in one.values())
                else:
                    yield how, one


def _changes(kind: Kind, sharing: _Sharing) -> Callable[[Event], Iterator[Change]]:
    """Sharing what is shared already succeeds, as does taking back what is not."""

    def changes(event: Event) -> Iterator[Change]:
        request = ec2_shapes.request_of(event)
        ident = building.text(ec2_shapes.field(request, sharing.id_name))
        permission = building.mapping(ec2_shapes.field(request, sharing.parameter))
        for way, after in (("add", SHARED), ("remove", None)):
            listed = map(building.mapping, ec2_shapes.items(ec2_shapes.field(permission, way.capitalize())))
            asked = [(how, ec2_shapes.field(one, how)) for one in listed for how in sharing.who]
            for how, whom in (*asked, *(_flat(request) if _flat_way(request) == way else ())):
                names = (ident, how, str(whom or ""))
                if sharing.takes(names):
                    facet = Facet(kind.name, event.account, event.region, names)
                    sure: Certainty = "likely" if after else "open"
                    yield Change(facet=facet, after=after, before=None if after else SHARED, sure=sure)

    return changes


def _entries(kind: Kind, sharing: _Sharing) -> tuple[Entry, ...]:
    return (
        Entry(
            service="ec2",
            operation=f"Modify{sharing.word}Attribute",
            changes=_changes(kind, sharing),
            undone_by=f"Modify{sharing.word}Attribute",
            before_from="the call itself where it shares; otherwise an earlier event",
            manual="The event does not tell what was changed. It may have been shared: look whom with. Or something else was, such as "
            f"its description or product codes. Look at it with aws ec2 describe-{sharing.word.lower()}-attribute, and set it back with "
            f"aws ec2 modify-{sharing.word.lower()}-attribute.",
        ),
        *building.by_hand(
            "ec2",
            f"All shares of it were taken away, and the event does not tell which there were. Find out who used it ({sharing.copies} in "
            f"their accounts fails now), and share it again with aws ec2 modify-{sharing.word.lower()}-attribute.",
            f"Reset{sharing.word}Attribute",
        ),
    )


KINDS = (IMAGE_SHARE, SNAPSHOT_SHARE)
ENTRIES = (*_entries(IMAGE_SHARE, _IMAGES), *_entries(SNAPSHOT_SHARE, _SNAPSHOTS))

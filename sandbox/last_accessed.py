"""IAM's reports of when its users, groups, roles and policies last gave access to each service.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from moto.moto_api._internal import mock_random

from sandbox import iam_pages
from sandbox.access_times import Access, AccessTimes
from sandbox.authorization.views import Views, iam_of
from sandbox.errors import ApiError
from sandbox.granted_services import granted_services
from sandbox.model import ApiRequest, Caller
from sandbox.service_reference import services

if TYPE_CHECKING:
    from sandbox.world import World

_TAKES = timedelta(seconds=1)
"""How long a report takes to be written. AWS does not say; the sample on its page took four seconds."""
_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A user or role that a report is about."""

    kind: Literal["USER", "ROLE"]
    arn: str
    id: str
    name: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A report as it was when it was asked for: service -> who accessed it when, the latest first."""

    owner: tuple[str, str]
    granularity: str
    created: datetime
    services: Mapping[str, Sequence[tuple[Entity, Access | None]]]
    actions: Mapping[str, Mapping[str, tuple[Entity, Access]]]
    """Service -> action -> its last caller."""

    @property
    def completed(self) -> datetime:
        return self.created + _TAKES


class Reports:
    """The reports that were asked for."""

    def __init__(self, world: World) -> None:
        self.times = AccessTimes(world)
        self.jobs: dict[str, Job] = {}

    def forget(self) -> None:
        self.times.forget()
        self.jobs.clear()


def generate(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateServiceLastAccessedDetails.html"""
    given, times = request.parameters, world.last_accessed.times
    texts, entities = _asked(world.authorizer.views, caller.account, str(given["Arn"]))
    namespaces = granted_services(texts)
    granularity = str(given.get("Granularity", "SERVICE_LEVEL"))
    job = Job(
        owner=_owner(caller),
        granularity=granularity,
        created=world.clock.now(),
        services={name: _callers(times, caller.account, entities, name) for name in namespaces},
        actions={
            name: _last_callers(times, caller.account, entities, name)
            for name in (namespaces if granularity == "ACTION_LEVEL" else ())
        },
    )
    job_id = str(mock_random.uuid4())
    world.last_accessed.jobs[job_id] = job
    return {"JobId": job_id}


def details(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLastAccessedDetails.html"""
    job = _job(world, request, caller)
    answer: dict[str, Any] = {"JobType": job.granularity, **_state(world, job)}
    if answer["JobStatus"] != "COMPLETED":
        return {**answer, "ServicesLastAccessed": [], "IsTruncated": False}
    page, more = iam_pages.page(request, list(job.services))
    return {**answer, "ServicesLastAccessed": [_service(job, name) for name in page], **more}


def details_with_entities(world: World, request: ApiRequest, caller: Caller) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLastAccessedDetailsWithEntities.html"""
    job, namespace = _job(world, request, caller), str(request.parameters["ServiceNamespace"])
    if namespace not in services():
        raise ApiError("InvalidInput", f"There is no service {namespace}.", 400)
    answer = _state(world, job)
    if answer["JobStatus"] != "COMPLETED":
        return {**answer, "EntityDetailsList": [], "IsTruncated": False}
    page, more = iam_pages.page(request, job.services.get(namespace, ()))
    listed = [
        {
            "EntityInfo": {"Arn": one.arn, "Name": one.name, "Type": one.kind, "Id": one.id, "Path": one.path},
            **({"LastAuthenticated": access.time} if access else {}),
        }
        for one, access in page
    ]
    return {**answer, "EntityDetailsList": listed, **more}


def _state(world: World, job: Job) -> dict[str, Any]:
    over = world.clock.now() >= job.completed
    state = {"JobStatus": "COMPLETED" if over else "IN_PROGRESS", "JobCreationDate": job.created}
    return {**state, "JobCompletionDate": job.completed} if over else state


def _service(job: Job, namespace: str) -> dict[str, Any]:
    """A service that nobody accessed is listed without details."""
    used = [(one, access) for one, access in job.services[namespace] if access is not None]
    found: dict[str, Any] = {
        "ServiceName": services()[namespace],
        "ServiceNamespace": namespace,
        "TotalAuthenticatedEntities": len(used),
    }
    if used:
        one, access = used[0]
        found |= {
            "LastAuthenticated": access.time,
            "LastAuthenticatedEntity": one.arn,
            "LastAuthenticatedRegion": access.region,
        }
    actions = job.actions.get(namespace)
    if actions:
        found["TrackedActionsLastAccessed"] = [
            {
                "ActionName": name.partition(":")[2],
                "LastAccessedEntity": one.arn,
                "LastAccessedTime": access.time,
                "LastAccessedRegion": access.region,
            }
            for name, (one, access) in actions.items()
        ]
    return found


def _callers(
    times: AccessTimes, account: str, entities: Sequence[Entity], name: str
) -> list[tuple[Entity, Access | None]]:
    """Each with its last call of a service or action, the latest first."""
    found = [(one, times.last(account, one.id, name)) for one in entities]
    return sorted(found, key=lambda pair: pair[1].time if pair[1] else _EARLIEST, reverse=True)


def _last_callers(
    times: AccessTimes, account: str, entities: Sequence[Entity], namespace: str
) -> dict[str, tuple[Entity, Access]]:
    names = sorted({action for one in entities for action in times.actions(account, one.id, namespace)})
    found = {name: _callers(times, account, entities, name)[0] for name in names}
    return {name: (one, access) for name, (one, access) in found.items() if access is not None}


def _asked(views: Views, account: str, arn: str) -> tuple[tuple[str, ...], list[Entity]]:
    """The policies that give access, and the users and roles that they are for."""
    iam, parts = iam_of(account), arn.split(":", 5)
    kind = parts[5].partition("/")[0] if len(parts) > 5 and parts[2] == "iam" else ""
    if kind not in ("user", "role", "group", "policy"):
        raise ApiError("InvalidInput", f"The ARN {arn} is not one of a user, group, role or policy.", 400)
    there = {"user": iam.users, "role": iam.roles, "group": iam.groups, "policy": iam.managed_policies}[kind]
    found = next((one for one in list(there.values()) if one.arn == arn), None)
    if found is None:
        raise ApiError("NoSuchEntity", f"ARN {arn} does not exist.", 404)
    if kind == "policy":
        text = next(one.document for one in found.versions if one.version_id == found.default_version_id)
        return (str(text),), _holders(iam, arn)
    look = {"user": views.user, "role": views.role, "group": views.group}[kind]
    view = look(account, found.name)
    users = found.users if kind == "group" else [found] if kind == "user" else []
    roles = [found] if kind == "role" else []
    return view.policies if view else (), _entities(users, roles)


def _holders(iam: Any, arn: str) -> list[Entity]:
    """The users and roles that have a managed policy, by themselves or through a group."""
    in_groups = [user for group in list(iam.groups.values()) if arn in group.managed_policies for user in group.users]
    users = [user for user in list(iam.users.values()) if arn in user.managed_policies or user in in_groups]
    return _entities(users, [role for role in list(iam.roles.values()) if arn in role.managed_policies])


def _entities(users: Sequence[Any], roles: Sequence[Any]) -> list[Entity]:
    return [Entity(kind="USER", arn=one.arn, id=one.id, name=one.name, path=one.path) for one in users] + [
        Entity(kind="ROLE", arn=one.arn, id=one.id, name=one.name, path=one.path) for one in roles
    ]


def _owner(caller: Caller) -> tuple[str, str]:
    """Whose the report is: a user's, or that of one session."""
    return caller.user_id, caller.access_key_id if caller.session is not None else ""


def _job(world: World, request: ApiRequest, caller: Caller) -> Job:
    """Only who asked for a report can read it. With which error AWS refuses the others it does not say."""
    job_id = str(request.parameters["JobId"])
    job = world.last_accessed.jobs.get(job_id)
    if job is None or job.owner != _owner(caller):
        raise ApiError("NoSuchEntity", f"JobId {job_id} does not exist.", 404)
    return job


HANDLERS = {
    ("iam", "GenerateServiceLastAccessedDetails"): generate,
    ("iam", "GetServiceLastAccessedDetails"): details,
    ("iam", "GetServiceLastAccessedDetailsWithEntities"): details_with_entities,
}

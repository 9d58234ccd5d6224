# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Puts marks onto interfaces and takes them off, many in one request.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud
from ansible_collections.cordon.aws.plugins.module_utils.ec2.batches import Answer, by_thing, sent
from ansible_collections.cordon.aws.plugins.module_utils.ec2.flow_marks import achievement
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json

MOST_TAGGED = 1_000


def mark(cloud: Cloud, key: str, values: Mapping[int, str], calls: Sequence[Call]) -> dict[int, Answer]:
    """Give the interface of each numbered call, to which was done what `key` says, its value; per number what kept it from being marked."""
    cloud.achieved.update(achievement(key, calls[number].parameters["NetworkInterfaceId"]) for number in values)
    alike: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for number, value in values.items():
        alike[calls[number].account, calls[number].region, value].append(number)
    answers: dict[int, Answer] = {}
    for (_account, _region, value), numbers in alike.items():
        tags = [{"Key": key, "Value": value}]
        answers.update(_tagged(cloud, "CreateTags", tags, {number: calls[number] for number in numbers}))
    return answers


def unmark(cloud: Cloud, calls: Sequence[Call]) -> list[Answer]:
    """Carry out calls of `flow_marks.UNMARK`. A mark that is gone already is done:
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html"""

    def carry(some: Sequence[Call]) -> list[Answer]:
        answers = _tagged(cloud, "DeleteTags", [{"Key": some[0].parameters["Key"]}], dict(enumerate(some)))
        return [answers[number] for number in range(len(some))]

    return by_thing(calls, "Key", carry)


def _tagged(cloud: Cloud, operation: str, tags: Json, calls: Mapping[int, Call]) -> dict[int, Answer]:
    """One operation with the same tags for the interfaces of calls of one account and region."""
    like = next(iter(calls.values()))

    def send(ids: Sequence[str]) -> object:
        return cloud.answer(
            Call(
                account=like.account,
                region=like.region,
                service="ec2",
                operation=operation,
                parameters={"Resources": list(ids), "Tags": tags},
            )
        )

    ids = [call.parameters["NetworkInterfaceId"] for call in calls.values()]
    return dict(zip(calls, sent(ids, MOST_TAGGED, send), strict=True))

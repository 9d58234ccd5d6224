# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What watches, switched on and off: alarms' actions, AWS Config's recorder. What was deleted there is put again by a human, from its
template.
https://docs.aws.amazon.com/config/latest/APIReference/API_StopConfigurationRecorder.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DisableAlarmActions.html"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import GONE, Change, Facet, Kind
from ansible_collections.cordon.aws.plugins.module_utils.restore.services import building
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import Event

ON: Final = "on"
OFF: Final = "off"
_RECORDER = re.compile(r"[A-Za-z0-9._-]{1,256}", re.ASCII)
_ALARM = re.compile(r"[\x20-\x7a|~]{1,255}", re.ASCII)


def _read_recorder(reads: Reads, facet: Facet) -> Json:
    question = building.call(
        facet, "config", "DescribeConfigurationRecorderStatus", ConfigurationRecorderNames=[facet.names[0]]
    )
    try:
        found = reads.read(question)["ConfigurationRecordersStatus"]
    except AwsError as error:
        if error.code == "NoSuchConfigurationRecorderException":
            return GONE
        raise
    return (ON if found[0]["recording"] else OFF) if found else GONE


def _to_recorder(facet: Facet, value: Json) -> Call:
    operation = "StartConfigurationRecorder" if value == ON else "StopConfigurationRecorder"
    return building.call(facet, "config", operation, ConfigurationRecorderName=facet.names[0])


RECORDER = Kind(
    name="config/recording",
    order=40,
    permissions=(
        "config:DescribeConfigurationRecorderStatus",
        "config:StartConfigurationRecorder",
        "config:StopConfigurationRecorder",
    ),
    takes=building.names_match(_RECORDER),
    read=_read_recorder,
    moves=building.moves_by(_to_recorder, building.one_of(ON, OFF)),
    word=lambda facet: facet.names[0] if len(facet.names[0]) >= 4 else "configurationRecorderName",
)


def _read_actions(reads: Reads, facet: Facet) -> Json:
    types: Json = ["MetricAlarm", "CompositeAlarm"]
    found = reads.read(
        building.call(facet, "cloudwatch", "DescribeAlarms", AlarmNames=[facet.names[0]], AlarmTypes=types)
    )
    alarms = [*found.get("MetricAlarms", []), *found.get("CompositeAlarms", [])]
    return (ON if alarms[0]["ActionsEnabled"] else OFF) if alarms else GONE


def _to_actions(facet: Facet, value: Json) -> Call:
    operation = "EnableAlarmActions" if value == ON else "DisableAlarmActions"
    return building.call(facet, "cloudwatch", operation, AlarmNames=[facet.names[0]])


ACTIONS = Kind(
    name="cloudwatch/alarm_actions",
    order=40,
    permissions=("cloudwatch:DescribeAlarms", "cloudwatch:EnableAlarmActions", "cloudwatch:DisableAlarmActions"),
    takes=building.names_match(_ALARM),
    read=_read_actions,
    moves=building.moves_by(_to_actions, building.one_of(ON, OFF)),
    word=lambda facet: facet.names[0] if re.fullmatch(r"[\w .:/-]{4,}", facet.names[0], re.ASCII) else "alarmNames",
)


def _switches(kind: Kind, key: str, after: str) -> Callable[[Event], Iterator[Change]]:
    """These calls succeed also where nothing changes; which that makes safe to turn round, is in certainty.py."""

    def changes(event: Event) -> Iterator[Change]:
        told = event.request.get(key)
        for name in told if isinstance(told, list) else [told]:
            names = (building.text(name),)
            if kind.takes(names):
                facet = Facet(kind.name, event.account, event.region, names)
                yield Change(facet=facet, after=after, before=OFF if after == ON else ON)

    return changes


KINDS = (RECORDER, ACTIONS)
ENTRIES = (
    *(
        Entry(
            service=service,
            operation=operation,
            changes=_switches(kind, key, after),
            undone_by=undone_by,
            before_from="the call itself, or an earlier event" if after == OFF else "an earlier event",
        )
        for service, kind, key, operation, after, undone_by in (
            (
                "config",
                RECORDER,
                "configurationRecorderName",
                "StartConfigurationRecorder",
                ON,
                "StopConfigurationRecorder",
            ),
            (
                "config",
                RECORDER,
                "configurationRecorderName",
                "StopConfigurationRecorder",
                OFF,
                "StartConfigurationRecorder",
            ),
            ("cloudwatch", ACTIONS, "alarmNames", "EnableAlarmActions", ON, "DisableAlarmActions"),
            ("cloudwatch", ACTIONS, "alarmNames", "DisableAlarmActions", OFF, "EnableAlarmActions"),
        )
    ),
    *building.by_hand(
        "config",
        "AWS Config's recorder, its delivery channel, or one of its rules or packs was deleted or changed, and the event does not tell "
        "what it "
        "was. Put it again from its template: aws configservice put-configuration-recorder, put-delivery-channel, "
        "start-configuration-recorder, put-config-rule. For the time in between there is no history.",
        "DeleteAggregationAuthorization",
        "DeleteConfigRule",
        "DeleteConfigurationAggregator",
        "DeleteConfigurationRecorder",
        "DeleteConformancePack",
        "DeleteDeliveryChannel",
        "DeleteEvaluationResults",
        "DeleteOrganizationConfigRule",
        "DeleteOrganizationConformancePack",
        "DeleteRemediationConfiguration",
        "DeleteResourceConfig",
        "DeleteRetentionConfiguration",
        "PutAggregationAuthorization",
        "PutConfigRule",
        "PutConfigurationAggregator",
        "PutConfigurationRecorder",
        "PutDeliveryChannel",
        "PutRemediationConfigurations",
        "PutRetentionConfiguration",
    ),
    *building.by_hand(
        "cloudwatch",
        "An alarm, dashboard, stream or rule of CloudWatch was deleted or changed, and the event does not tell what it was. Put it "
        "again from its "
        "template: aws cloudwatch put-metric-alarm, put-composite-alarm, put-dashboard, put-metric-stream. Disable the actions of an "
        "alarm that is "
        "not yours: aws cloudwatch disable-alarm-actions --alarm-names ALARM.",
        "DeleteAlarms",
        "DeleteAnomalyDetector",
        "DeleteDashboards",
        "DeleteInsightRules",
        "DeleteMetricStream",
        "DisableInsightRules",
        "PutCompositeAlarm",
        "PutDashboard",
        "PutMetricAlarm",
        "PutMetricStream",
        "StopMetricStreams",
    ),
    *building.harmless(
        "cloudwatch",
        "It lasts until the alarm is next evaluated, or adds figures and takes none away.",
        "SetAlarmState",
        "PutMetricData",
        "EnableInsightRules",
        "StartMetricStreams",
        "TagResource",
        "UntagResource",
    ),
)

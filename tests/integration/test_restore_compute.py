"""What attackers change in EC2, Lambda and what watches them: each call's event tells what was and what is, and its way back works."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from functions_world import make_function, make_source
from inverses import Inverted
from sandbox_client import Sandbox

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud, Connection
from ansible_collections.cordon.aws.plugins.module_utils.merging import carry_together
from ansible_collections.cordon.aws.plugins.module_utils.plan import MERGED, Call
from ansible_collections.cordon.aws.plugins.module_utils.restore.catalogue import ENTRIES, KINDS
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import GONE, UNKNOWN, Facet
from ansible_collections.cordon.aws.plugins.module_utils.trail.event import event_of

IMAGE = "ami-12c6146b"
OTHER = "111122223333"
TRUSTED = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
Given = Mapping[str, Any]
Names = tuple[str, ...]


class Carrying(Cloud):
    """Carries out merged calls, too, as the engine does."""

    def write(self, call: Call) -> str:
        if call.service != MERGED:
            return super().write(call)
        (error,) = carry_together(self, [call])
        if error is not None:
            raise error
        return ""


class Made(Inverted):
    """A call; `facets` are known beforehand, or by its answer where it makes something."""

    def run(self) -> Made:
        keys = {
            "aws_access_key_id": self.sandbox.env["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": self.sandbox.env["AWS_SECRET_ACCESS_KEY"],
        }
        self.cloud = Carrying(Connection(region="us-east-1", endpoint_url=self.sandbox.endpoint_url, credentials=keys))
        by_answer = self.facets if callable(self.facets) else None
        self.before = {} if by_answer else self.seen()
        answer = self.call(**self.arguments)
        if by_answer:
            self.facets = by_answer(answer)
            self.before = dict.fromkeys(self.facets)
        self.after = self.seen()
        event = event_of(self._record())
        changes = ENTRIES[event.name].changes
        assert changes is not None, event.name
        self.changes = {change.facet: change for change in changes(event)}
        for facet, change in list(self.changes.items()):
            # What came with a thing that was made is told for those who change it later.
            if change.before == GONE and facet not in self.facets:
                assert change.after is UNKNOWN or KINDS[facet.kind].matches(self.live(facet), change.after), facet
                del self.changes[facet]
        return self


def inverted(sandbox: Sandbox, service: str, operation: str, facets: Any, /, **arguments: Any) -> None:
    """Call it, and hold its event and its way back to what the sandbox shows. `facets`: [(kind, names)], or that by the answer."""

    def placed(told: Sequence[tuple[str, Names]]) -> list[Facet]:
        return [Facet(kind, sandbox.management, "us-east-1", names) for kind, names in told]

    call = getattr(sandbox.client(service), operation)
    known: Any = (lambda answer: placed(facets(answer))) if callable(facets) else placed(facets)
    done = Made(sandbox=sandbox, call=call, arguments=arguments, facets=known).run()
    done.check_event()
    done.check_moves()


@pytest.fixture
def ec2(sandbox: Sandbox) -> Any:
    return sandbox.client("ec2")


@pytest.fixture
def instance(ec2: Any) -> str:
    return launched(ec2)


def launched(ec2: Any) -> str:
    return str(
        ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1, InstanceType="m5.large")["Instances"][0]["InstanceId"]
    )


@pytest.fixture
def volume(ec2: Any) -> str:
    zone = ec2.describe_subnets()["Subnets"][0]["AvailabilityZone"]
    return str(ec2.create_volume(AvailabilityZone=zone, Size=1)["VolumeId"])


@pytest.fixture
def vpc(ec2: Any) -> str:
    return str(ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"])


@pytest.fixture
def group(ec2: Any, vpc: str) -> str:
    return str(ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"])


RANGES = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}


@pytest.mark.parametrize(
    ("arguments", "rules"),
    [
        ({**RANGES, "CidrIp": "0.0.0.0/0"}, [("tcp", "22", "22", "0.0.0.0/0")]),
        (
            {
                "IpPermissions": [
                    {
                        **RANGES,
                        "IpRanges": [{"CidrIp": "198.51.100.7/32", "Description": "me"}, {"CidrIp": "203.0.113.0/24"}],
                    },
                    {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
                ]
            },
            [("tcp", "22", "22", "198.51.100.7/32"), ("tcp", "22", "22", "203.0.113.0/24"), ("-1", "", "", "::/0")],
        ),
    ],
    ids=["flat", "listed"],
)
def test_rules_let_in_and_shut_out(
    sandbox: Sandbox, ec2: Any, group: str, arguments: Given, rules: list[Names]
) -> None:
    facets = [("ec2/security_group_rule", (group, "ingress", *rule)) for rule in rules]
    inverted(sandbox, "ec2", "authorize_security_group_ingress", facets, GroupId=group, **arguments)
    inverted(sandbox, "ec2", "revoke_security_group_ingress", facets, GroupId=group, **arguments)


def test_a_rule_that_names_a_group_and_one_that_lets_out(sandbox: Sandbox, group: str) -> None:
    pairs = [{**RANGES, "UserIdGroupPairs": [{"GroupId": group}]}]
    facets = [("ec2/security_group_rule", (group, "egress", "tcp", "22", "22", group))]
    inverted(sandbox, "ec2", "authorize_security_group_egress", facets, GroupId=group, IpPermissions=pairs)
    inverted(sandbox, "ec2", "revoke_security_group_egress", facets, GroupId=group, IpPermissions=pairs)


def test_shares(sandbox: Sandbox, ec2: Any, instance: str, volume: str) -> None:
    image = ec2.create_image(InstanceId=instance, Name="golden")["ImageId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    for way in ("Add", "Remove"):
        change = {way: [{"UserId": OTHER}, {"Group": "all"}]}
        for word, ident, parameter in (
            ("Image", image, "LaunchPermission"),
            ("Snapshot", snapshot, "CreateVolumePermission"),
        ):
            facets = [(f"ec2/{word.lower()}_share", (ident, *who)) for who in (("UserId", OTHER), ("Group", "all"))]
            given = {f"{word}Id": ident, parameter: change}
            inverted(sandbox, "ec2", f"modify_{word.lower()}_attribute", facets, **given)


def test_what_was_made_is_kept_and_can_be_deleted(
    sandbox: Sandbox, ec2: Any, instance: str, volume: str, vpc: str
) -> None:
    zone = ec2.describe_subnets()["Subnets"][0]["AvailabilityZone"]
    for operation, kind, key, arguments in (
        ("create_image", "ec2/image", "ImageId", {"InstanceId": instance, "Name": "exfiltrated"}),
        ("create_snapshot", "ec2/snapshot", "SnapshotId", {"VolumeId": volume}),
        ("create_volume", "ec2/volume", "VolumeId", {"AvailabilityZone": zone, "Size": 1}),
        (
            "create_security_group",
            "ec2/security_group",
            "GroupId",
            {"GroupName": "g", "Description": "g", "VpcId": vpc},
        ),
        ("create_key_pair", "ec2/key_pair", "KeyName", {"KeyName": "attacker"}),
    ):
        inverted(sandbox, "ec2", operation, lambda answer, kind=kind, key=key: [(kind, (answer[key],))], **arguments)


def test_what_was_deleted_is_told(sandbox: Sandbox, ec2: Any, volume: str, group: str) -> None:
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    inverted(sandbox, "ec2", "delete_snapshot", [("ec2/snapshot", (snapshot,))], SnapshotId=snapshot)
    inverted(sandbox, "ec2", "delete_volume", [("ec2/volume", (volume,))], VolumeId=volume)
    inverted(sandbox, "ec2", "delete_security_group", [("ec2/security_group", (group,))], GroupId=group)


def test_instances_run_stop_and_end(sandbox: Sandbox, ec2: Any, instance: str) -> None:
    inverted(
        sandbox,
        "ec2",
        "run_instances",
        lambda answer: [("ec2/instance", (one["InstanceId"],)) for one in answer["Instances"]],
        ImageId=IMAGE,
        MinCount=2,
        MaxCount=2,
        InstanceType="m5.large",
    )
    facets = [("ec2/instance", (instance,))]
    for operation in ("stop_instances", "start_instances", "terminate_instances"):
        inverted(sandbox, "ec2", operation, facets, InstanceIds=[instance])


@pytest.mark.parametrize(
    ("attribute", "value", "stopped"),
    [
        ("InstanceType", {"Value": "p3.16xlarge"}, True),
        ("DisableApiTermination", {"Value": True}, False),
        ("InstanceInitiatedShutdownBehavior", {"Value": "terminate"}, False),
        ("SourceDestCheck", {"Value": False}, False),
        ("Groups", None, False),
    ],
)
def test_attributes(sandbox: Sandbox, ec2: Any, instance: str, attribute: str, value: Any, *, stopped: bool) -> None:
    if stopped:
        ec2.stop_instances(InstanceIds=[instance])
    given = [group_of(ec2, instance)] if attribute == "Groups" else value
    facets = [("ec2/attribute", (instance, attribute))]
    inverted(sandbox, "ec2", "modify_instance_attribute", facets, InstanceId=instance, **{attribute: given})


def group_of(ec2: Any, instance: str) -> str:
    """Another group where the instance is."""
    found = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    return str(ec2.create_security_group(GroupName="open", Description="open", VpcId=found["VpcId"])["GroupId"])


def test_options_of_the_metadata_service(sandbox: Sandbox, instance: str) -> None:
    given = {"HttpTokens": "required", "HttpPutResponseHopLimit": 3}
    facets = [("ec2/attribute", (instance, name)) for name in given]
    inverted(sandbox, "ec2", "modify_instance_metadata_options", facets, InstanceId=instance, **given)


def test_profiles(sandbox: Sandbox, ec2: Any, instance: str) -> None:
    iam = sandbox.client("iam")
    for name in ("first", "second"):
        iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [TRUSTED]})
        )
        iam.create_instance_profile(InstanceProfileName=name)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    facets = [("ec2/instance_profile", (instance,))]
    profile = {"Name": "first"}
    inverted(sandbox, "ec2", "associate_iam_instance_profile", facets, InstanceId=instance, IamInstanceProfile=profile)
    (held,) = ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    inverted(
        sandbox,
        "ec2",
        "replace_iam_instance_profile_association",
        facets,
        AssociationId=held["AssociationId"],
        IamInstanceProfile={"Name": "second"},
    )
    (held,) = ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    ident = held["AssociationId"]
    inverted(sandbox, "ec2", "disassociate_iam_instance_profile", facets, AssociationId=ident)


def test_entries_of_network_acls(sandbox: Sandbox, ec2: Any, vpc: str) -> None:
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    where = {"NetworkAclId": acl, "RuleNumber": 7, "Egress": False}
    facets = [("ec2/network_acl_entry", (acl, "ingress", "7"))]
    said = {"Protocol": "6", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 22, "To": 22}}
    inverted(sandbox, "ec2", "create_network_acl_entry", facets, **where, **said)
    icmp = {
        "Protocol": "1",
        "RuleAction": "deny",
        "CidrBlock": "198.51.100.0/24",
        "IcmpTypeCode": {"Type": -1, "Code": -1},
    }
    inverted(sandbox, "ec2", "replace_network_acl_entry", facets, **where, **icmp)
    inverted(sandbox, "ec2", "delete_network_acl_entry", facets, **where)


def test_routes(sandbox: Sandbox, ec2: Any, vpc: str) -> None:
    gateways = [ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"] for _number in range(2)]
    for gateway in gateways:
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    where = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    facets = [("ec2/route", (table, "0.0.0.0/0"))]
    inverted(sandbox, "ec2", "create_route", facets, **where, GatewayId=gateways[0])
    inverted(sandbox, "ec2", "replace_route", facets, **where, GatewayId=gateways[1])
    inverted(sandbox, "ec2", "delete_route", facets, **where)


def test_flow_logs(sandbox: Sandbox, ec2: Any, vpc: str) -> None:
    sandbox.client("s3").create_bucket(Bucket="flow-logs")
    given = {
        "ResourceIds": [vpc],
        "ResourceType": "VPC",
        "TrafficType": "ALL",
        "LogDestinationType": "s3",
        "LogDestination": "arn:aws:s3:::flow-logs",
    }
    made = "create_flow_logs"
    inverted(sandbox, "ec2", made, lambda answer: [("ec2/flow_log", (one,)) for one in answer["FlowLogIds"]], **given)
    sandbox.client("s3").create_bucket(Bucket="more-flow-logs")
    given["LogDestination"] = "arn:aws:s3:::more-flow-logs"
    ident = ec2.create_flow_logs(**given)["FlowLogIds"][0]
    inverted(sandbox, "ec2", "delete_flow_logs", [("ec2/flow_log", (ident,))], FlowLogIds=[ident])


def test_attachments_and_tags(sandbox: Sandbox, ec2: Any, instance: str, volume: str) -> None:
    facets = [("ec2/volume_attachment", (volume, instance))]
    inverted(sandbox, "ec2", "attach_volume", facets, VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    inverted(sandbox, "ec2", "detach_volume", facets, VolumeId=volume)
    tags = [("ec2/tag", (volume, "owner"))]
    tag = [{"Key": "owner", "Value": "nobody"}]
    inverted(sandbox, "ec2", "create_tags", tags, Resources=[volume], Tags=tag)
    inverted(sandbox, "ec2", "delete_tags", tags, Resources=[volume], Tags=[{"Key": "owner"}])


def test_encryption_by_default(sandbox: Sandbox) -> None:
    facets = [("ec2/account_setting", ("EbsEncryptionByDefault",))]
    inverted(sandbox, "ec2", "enable_ebs_encryption_by_default", facets)
    inverted(sandbox, "ec2", "disable_ebs_encryption_by_default", facets)


def test_the_serial_console(sandbox: Sandbox) -> None:
    facets = [("ec2/account_setting", ("SerialConsoleAccess",))]
    inverted(sandbox, "ec2", "enable_serial_console_access", facets)
    inverted(sandbox, "ec2", "disable_serial_console_access", facets)


def test_launch_templates(sandbox: Sandbox, ec2: Any) -> None:
    data = {"InstanceType": "m5.large", "ImageId": IMAGE}

    def template(answer: Any) -> list[tuple[str, Names]]:
        return [("ec2/launch_template", (answer["LaunchTemplate"]["LaunchTemplateId"],))]

    inverted(sandbox, "ec2", "create_launch_template", template, LaunchTemplateName="theirs", LaunchTemplateData=data)
    ident = ec2.create_launch_template(LaunchTemplateName="ours", LaunchTemplateData=data)["LaunchTemplate"][
        "LaunchTemplateId"
    ]
    ec2.create_launch_template_version(LaunchTemplateId=ident, LaunchTemplateData=data)
    facets = [("ec2/launch_template_default", (ident,))]
    inverted(sandbox, "ec2", "modify_launch_template", facets, LaunchTemplateId=ident, DefaultVersion="2")


@pytest.fixture
def function(sandbox: Sandbox) -> str:
    make_function(sandbox, "payroll")
    return "payroll"


def test_permissions_of_functions(sandbox: Sandbox, function: str) -> None:
    for said, qualifier in (
        ({"Principal": "*"}, ""),
        ({"Principal": OTHER}, "live"),
        ({"Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::a-bucket", "SourceAccount": OTHER}, ""),
        ({"Principal": "*", "PrincipalOrgID": "o-abcdefghij"}, ""),
    ):
        named = {"FunctionName": function, "StatementId": "backdoor", **({"Qualifier": qualifier} if qualifier else {})}
        facets = [("lambda/permission", (function, "backdoor", qualifier))]
        inverted(sandbox, "lambda", "add_permission", facets, **named, Action="lambda:InvokeFunction", **said)
        inverted(sandbox, "lambda", "remove_permission", facets, **named)


def test_functions_and_their_configuration(sandbox: Sandbox, function: str) -> None:
    facets = [("lambda/function", (function,))]
    named = {"FunctionName": function}
    inverted(sandbox, "lambda", "put_function_concurrency", facets, **named, ReservedConcurrentExecutions=5)
    inverted(sandbox, "lambda", "delete_function_concurrency", facets, **named)
    changed = {"Timeout": 3, "MemorySize": 1024, "Handler": "evil.handler", "Runtime": "python3.11"}
    parts = [("lambda/configuration", (function, part)) for part in changed]
    inverted(sandbox, "lambda", "update_function_configuration", parts, **named, **changed)
    inverted(sandbox, "lambda", "delete_function", facets, **named)


def test_code_and_versions(sandbox: Sandbox, function: str) -> None:
    client = sandbox.client("lambda")
    code = [("lambda/configuration", (function, "Code"))]
    inverted(sandbox, "lambda", "update_function_code", code, FunctionName=function, ZipFile=b"another")
    inverted(
        sandbox,
        "lambda",
        "publish_version",
        lambda answer: [("lambda/version", (function, answer["Version"]))],
        FunctionName=function,
    )
    alias = {"FunctionName": function, "Name": "live"}
    facets = [("lambda/alias", (function, "live"))]
    client.publish_version(FunctionName=function)
    inverted(sandbox, "lambda", "update_alias", facets, **alias, FunctionVersion="1")
    inverted(sandbox, "lambda", "delete_alias", facets, **alias)


def test_function_urls(sandbox: Sandbox, function: str) -> None:
    facets = [("lambda/url", (function, ""))]
    named = {"FunctionName": function}
    inverted(sandbox, "lambda", "create_function_url_config", facets, **named, AuthType="NONE")
    inverted(sandbox, "lambda", "update_function_url_config", facets, **named, AuthType="AWS_IAM")


def test_trails(sandbox: Sandbox) -> None:
    client, s3 = sandbox.client("cloudtrail"), sandbox.client("s3")
    for bucket in ("trail-bucket", "their-bucket"):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_policy(Bucket=bucket, Policy=delivery(sandbox, bucket))
    client.create_trail(Name="audit", S3BucketName="trail-bucket")
    client.start_logging(Name="audit")
    logging, trail = [("cloudtrail/logging", ("audit",))], [("cloudtrail/trail", ("audit",))]
    inverted(sandbox, "cloudtrail", "stop_logging", logging, Name="audit")
    arn = client.get_trail(Name="audit")["Trail"]["TrailARN"]
    inverted(sandbox, "cloudtrail", "start_logging", logging, Name=arn)
    inverted(sandbox, "cloudtrail", "update_trail", trail, Name="audit", S3BucketName="their-bucket")
    selectors = [("cloudtrail/event_selectors", ("audit",))]
    basic = [{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": False, "DataResources": []}]
    inverted(sandbox, "cloudtrail", "put_event_selectors", selectors, TrailName="audit", EventSelectors=basic)
    advanced = [{"Name": "none", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]
    inverted(
        sandbox, "cloudtrail", "put_event_selectors", selectors, TrailName="audit", AdvancedEventSelectors=advanced
    )
    insights = [("cloudtrail/insight_selectors", ("audit",))]
    kinds = [{"InsightType": "ApiCallRateInsight"}]
    inverted(sandbox, "cloudtrail", "put_insight_selectors", insights, TrailName="audit", InsightSelectors=kinds)
    inverted(sandbox, "cloudtrail", "delete_trail", [*trail, *logging, *selectors, *insights], Name="audit")


def delivery(sandbox: Sandbox, bucket: str) -> str:
    """CloudTrail may write there: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html"""
    service = {"Service": "cloudtrail.amazonaws.com"}
    where = f"arn:aws:s3:::{bucket}"
    statements = [
        {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": where},
        {
            "Effect": "Allow",
            "Principal": service,
            "Action": "s3:PutObject",
            "Resource": f"{where}/AWSLogs/{sandbox.management}/*",
            "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
        },
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def test_detectors_and_filters(sandbox: Sandbox) -> None:
    client = sandbox.client("guardduty")
    detector = client.create_detector(Enable=True)["DetectorId"]
    settings = [("guardduty/detector_setting", (detector, "Enable"))]
    inverted(sandbox, "guardduty", "update_detector", settings, DetectorId=detector, Enable=False)
    often = [("guardduty/detector_setting", (detector, "FindingPublishingFrequency"))]
    inverted(
        sandbox,
        "guardduty",
        "update_detector",
        often,
        DetectorId=detector,
        FindingPublishingFrequency="FIFTEEN_MINUTES",
    )
    criteria = {"Criterion": {"severity": {"GreaterThanOrEqual": 1}, "type": {"Equals": ["Recon:EC2/Portscan"]}}}
    named = [("guardduty/filter", (detector, "quiet"))]
    given = {"DetectorId": detector, "Action": "ARCHIVE", "FindingCriteria": criteria}
    inverted(sandbox, "guardduty", "create_filter", named, **given, Name="quiet")
    update = {"DetectorId": detector, "FilterName": "quiet", "Action": "NOOP"}
    action, tested = (("guardduty/filter_part", (detector, "quiet", part)) for part in ("Action", "FindingCriteria"))
    inverted(sandbox, "guardduty", "update_filter", [action], **update)
    whole = [*named, action, tested]
    inverted(sandbox, "guardduty", "delete_filter", whole, DetectorId=detector, FilterName="quiet")
    given = {"DetectorId": detector, "Name": "trusted", "Format": "TXT", "Location": "s3://their-bucket/trusted.txt"}
    for what, key in (("ip_set", "IpSetId"), ("threat_intel_set", "ThreatIntelSetId")):
        kind = what.title().replace("_", "").replace("Ip", "IP")
        inverted(
            sandbox,
            "guardduty",
            f"create_{what}",
            lambda answer, kind=kind, key=key: [("guardduty/list", (detector, kind, answer[key]))],
            **given,
            Activate=True,
        )
    ours = client.create_ip_set(**given, Activate=False)["IpSetId"]
    lists = [("guardduty/list", (detector, "IPSet", ours)), ("guardduty/list_location", (detector, "IPSet", ours))]
    moved = {"Location": "s3://their-bucket/more.txt", "Activate": True}
    inverted(sandbox, "guardduty", "update_ip_set", lists, DetectorId=detector, IpSetId=ours, **moved)
    client.create_members(DetectorId=detector, AccountDetails=[{"AccountId": OTHER, "Email": "a@example.com"}])
    client.start_monitoring_members(DetectorId=detector, AccountIds=[OTHER])
    members = [("guardduty/member_monitoring", (detector, OTHER))]
    inverted(sandbox, "guardduty", "stop_monitoring_members", members, DetectorId=detector, AccountIds=[OTHER])
    there = [("guardduty/detector", (detector,))]
    inverted(sandbox, "guardduty", "delete_detector", there, DetectorId=detector)


def test_log_groups(sandbox: Sandbox, function: str) -> None:
    logs = sandbox.client("logs")
    logs.create_log_group(logGroupName="/app/web")
    group = {"logGroupName": "/app/web"}
    retention = [("logs/retention", ("/app/web",))]
    inverted(sandbox, "logs", "put_retention_policy", retention, **group, retentionInDays=1)
    inverted(sandbox, "logs", "delete_retention_policy", retention, **group)
    arn = f"arn:aws:lambda:us-east-1:{sandbox.management}:function:{function}"
    subscribed = [("logs/subscription_filter", ("/app/web", "copy"))]
    given = {"filterName": "copy", "filterPattern": "", "destinationArn": arn}
    inverted(sandbox, "logs", "put_subscription_filter", subscribed, **group, **given)
    inverted(sandbox, "logs", "delete_subscription_filter", subscribed, **group, filterName="copy")
    policy = json.dumps(
        {"Version": "2012-10-17", "Statement": [{**TRUSTED, "Action": "logs:PutLogEvents", "Resource": "*"}]}
    )
    policies = [("logs/resource_policy", ("open",))]
    inverted(sandbox, "logs", "put_resource_policy", policies, policyName="open", policyDocument=policy)
    inverted(sandbox, "logs", "delete_resource_policy", policies, policyName="open")
    inverted(sandbox, "logs", "delete_log_group", [("logs/group", ("/app/web",))], **group)


def test_event_rules(sandbox: Sandbox, function: str) -> None:
    rule, state = [("events/rule", ("default", "hourly"))], [("events/rule_state", ("default", "hourly"))]
    inverted(sandbox, "events", "put_rule", rule, Name="hourly", ScheduleExpression="rate(1 hour)")
    pattern = json.dumps({"source": ["aws.guardduty"]})
    sandbox.client("events").put_rule(Name="hourly", EventPattern=pattern)
    inverted(sandbox, "events", "disable_rule", state, Name="hourly")
    inverted(sandbox, "events", "enable_rule", state, Name="hourly")
    targets = [("events/target", ("default", "hourly", "1"))]
    arn = f"arn:aws:lambda:us-east-1:{sandbox.management}:function:{function}"
    inverted(sandbox, "events", "put_targets", targets, Rule="hourly", Targets=[{"Id": "1", "Arn": arn, "Input": "{}"}])
    inverted(sandbox, "events", "remove_targets", targets, Rule="hourly", Ids=["1"])
    shared = [("events/bus_permission", ("default", "guests"))]
    said = {"StatementId": "guests", "Action": "events:PutEvents", "Principal": OTHER}
    inverted(sandbox, "events", "put_permission", shared, EventBusName="default", **said)
    inverted(sandbox, "events", "remove_permission", shared, EventBusName="default", StatementId="guests")
    inverted(sandbox, "events", "delete_rule", [*rule, *state], Name="hourly")


def test_alarms_and_the_recorder(sandbox: Sandbox) -> None:
    sandbox.client("cloudwatch").put_metric_alarm(
        AlarmName="root used",
        MetricName="RootUse",
        Namespace="audit",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    actions = [("cloudwatch/alarm_actions", ("root used",))]
    inverted(sandbox, "cloudwatch", "disable_alarm_actions", actions, AlarmNames=["root used"])
    inverted(sandbox, "cloudwatch", "enable_alarm_actions", actions, AlarmNames=["root used"])
    config = sandbox.client("config")
    sandbox.client("s3").create_bucket(Bucket="config-bucket")
    role = f"arn:aws:iam::{sandbox.management}:role/config"
    config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "config-bucket"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")
    recording = [("config/recording", ("default",))]
    inverted(sandbox, "config", "stop_configuration_recorder", recording, ConfigurationRecorderName="default")
    inverted(sandbox, "config", "start_configuration_recorder", recording, ConfigurationRecorderName="default")


def test_event_sources_and_layers(sandbox: Sandbox, function: str) -> None:
    _url, mapping = make_source(sandbox, "orders", function)
    facets = [("lambda/event_source", (mapping,))]
    inverted_after_a_while(sandbox, facets, mapping)
    client = sandbox.client("lambda")
    layer = {"LayerName": "tools", "Content": {"ZipFile": b"x"}}
    inverted(
        sandbox,
        "lambda",
        "publish_layer_version",
        lambda answer: [("lambda/layer_version", ("tools", str(answer["Version"])))],
        **layer,
    )
    number = client.publish_layer_version(**layer)["Version"]
    named = {"LayerName": "tools", "VersionNumber": number, "StatementId": "guests"}
    shared = [("lambda/layer_permission", ("tools", str(number), "guests"))]
    said = {"Action": "lambda:GetLayerVersion", "Principal": OTHER}
    inverted(sandbox, "lambda", "add_layer_version_permission", shared, **named, **said)
    inverted(sandbox, "lambda", "remove_layer_version_permission", shared, **named)


def inverted_after_a_while(sandbox: Sandbox, facets: list[tuple[str, Names]], mapping: str) -> None:
    """A mapping refuses changes while it is being changed: the sandbox's clock goes on between two."""
    update: Callable[..., Any] = sandbox.client("lambda").update_event_source_mapping
    (facet,) = (Facet(kind, sandbox.management, "us-east-1", names) for kind, names in facets)
    done = Made(sandbox=sandbox, call=update, arguments={"UUID": mapping, "Enabled": False}, facets=[facet]).run()
    done.check_event()
    (move,) = KINDS[facet.kind].moves(facet, done.after[facet], done.before[facet])
    for call, wanted in ((move.call, done.before[facet]), (move.undo[0], done.after[facet])):
        sandbox.control("POST", "/clock", {"advance_s": 5})
        done.cloud.write(call)
        assert done.live(facet) == wanted

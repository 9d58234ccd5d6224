# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""GuardDuty's own shape of a finding, in camelCase (EventBridge) or PascalCase (GetFindings), to targets. Pure.
https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Finding.html"""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.cordon.aws.plugins.module_utils.findings import values
from ansible_collections.cordon.aws.plugins.module_utils.findings.draft import Credential, Draft, principal
from ansible_collections.cordon.aws.plugins.module_utils.findings.values import Node

# These keys hold addresses or domains, the others words:
# https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Indicator.html
_IP_KEYS = ("MALICIOUS_IP", "TOR_IP", "CRYPTOMINING_IP")
_DOMAIN_KEYS = ("MALICIOUS_DOMAIN", "CRYPTOMINING_DOMAIN")
_SERVICES = {"EKS_CLUSTER": "eks", "ECS_CLUSTER": "ecs"}


def read_resource(resource: Node, draft: Draft) -> None:
    """All that the finding names, what it is about first: one about S3 carries a key and an instance too."""
    readers = {
        "AccessKey": _credential,
        "Instance": _instance,
        "S3Bucket": _buckets,
        "RDSDBInstance": _databases,
        "RDSLimitlessDB": _databases,
        "Lambda": _function,
        "EKSCluster": _clusters,
        "KubernetesCluster": _clusters,
        "ECSCluster": _clusters,
    }
    about = resource.value("resourceType")
    first = readers.get(about, _credential) if isinstance(about, str) else _credential
    for read in dict.fromkeys((first, *readers.values())):
        read(resource, draft)


def read_actions(action: Node, draft: Draft) -> None:
    """The other side of what happened: remote addresses and looked-up domains. `domainDetails` names an AWS
    service, which is no attacker: https://docs.aws.amazon.com/guardduty/latest/APIReference/API_AwsApiCallAction.html"""
    for name in ("awsApiCallAction", "networkConnectionAction", "kubernetesApiCallAction", "rdsLoginAttemptAction"):
        _remote(action.node(name), draft)
    for probe in action.node("portProbeAction").nodes("portProbeDetails"):
        _remote(probe, draft)
    lookup = action.node("dnsRequestAction")
    draft.add_domain(lookup.value("domain"), lookup.at("domain"))


def read_sequence(sequence: Node, draft: Draft) -> None:
    """An attack sequence: who did it, to what, from where.
    https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Sequence.html"""
    for actor in sequence.nodes("actors"):
        _actor(actor, draft)
    for resource in sequence.nodes("resources"):
        _sequence_resource(resource, draft)
    for endpoint in sequence.nodes("endpoints"):
        draft.add_ip(endpoint.value("ip"), endpoint.at("ip"))
        draft.add_domain(endpoint.value("domain"), endpoint.at("domain"))
    for indicator in sequence.nodes("sequenceIndicators"):
        _indicator(indicator, draft)
    for signal in sequence.nodes("signals"):
        for indicator in signal.nodes("signalIndicators"):
            _indicator(indicator, draft)


def _remote(node: Node, draft: Draft) -> None:
    remote = node.node("remoteIpDetails")
    for name in ("ipAddressV4", "ipAddressV6"):
        draft.add_ip(remote.value(name), remote.at(name))


def _credential(resource: Node, draft: Draft) -> None:
    node = resource.node("accessKeyDetails")
    key_id = node.placed("accessKeyId", values.ACCESS_KEY_ID)
    user_type = node.text("userType", values.USER_TYPE)
    principal_id, name = principal(node, "principalId", user_type, "userName")
    draft.add_credential(
        Credential(path=node.path, key_id=key_id, principal_id=principal_id, user_type=user_type, name=name)
    )


def _instance(resource: Node, draft: Draft) -> None:
    draft.add_instance(resource.node("instanceDetails").placed("instanceId", values.INSTANCE_ID))


def _buckets(resource: Node, draft: Draft) -> None:
    for bucket in resource.nodes("s3BucketDetails"):
        draft.add_bucket(bucket.text("name", values.BUCKET))


def _databases(resource: Node, draft: Draft) -> None:
    database = resource.node("rdsDbInstanceDetails")
    draft.add("database", database.text("dbInstanceIdentifier", values.DATABASE), _stated(database, "dbInstanceArn"))
    limitless = resource.node("rdsLimitlessDbDetails")
    name = limitless.text("dbShardGroupIdentifier", values.DATABASE)
    draft.add("database", name, _stated(limitless, "dbShardGroupArn"))


def _function(resource: Node, draft: Draft) -> None:
    function = resource.node("lambdaDetails")
    name = function.text("functionName", values.FUNCTION)
    draft.add("function", name, _stated(function, "functionArn") or draft.arn("lambda", f"function:{name}"))


def _clusters(resource: Node, draft: Draft) -> None:
    for details in ("eksClusterDetails", "ecsClusterDetails"):
        cluster = resource.node(details)
        draft.add("cluster", cluster.text("name", values.CLUSTER), _stated(cluster, "arn"))


def _stated(node: Node, name: str) -> str | None:
    """An ARN as the finding states it; a placeholder in its place is as good as none."""
    found = node.placed(name, values.ARN)
    return None if values.is_placeholder(found) else found


def _actor(actor: Node, draft: Draft) -> None:
    user = actor.node("user")
    if not user.content:
        return
    issuer = actor.node("session").value("issuer")
    user_type = user.text("type", values.USER_TYPE)
    principal_id, name = principal(user, "uid", user_type, "name")
    draft.add_credential(
        Credential(
            path=user.path,
            key_id=user.placed("credentialUid", values.ACCESS_KEY_ID),
            principal_id=principal_id,
            user_type=user_type,
            name=name,
            issuer=str(issuer) if isinstance(issuer, str) and values.ARN.regex.fullmatch(issuer) else None,
            account=user.node("account").text("uid", values.ACCOUNT),
        )
    )


def _sequence_resource(resource: Node, draft: Draft) -> None:
    """One of the `resources`: `uid` is an ARN or an id, `name` what people call it."""
    kind = resource.value("resourceType")
    last = _last(resource)
    if kind == "ACCESS_KEY":
        key = resource.node("data").node("accessKey")
        user_type = key.text("userType", values.USER_TYPE)
        principal_id, name = principal(key, "principalId", user_type, "userName")
        draft.add_credential(
            Credential(
                path=resource.path,
                key_id=last.placed("name", values.ACCESS_KEY_ID),
                principal_id=principal_id,
                user_type=user_type,
                name=name,
                account=resource.text("accountId", values.ACCOUNT),
            )
        )
    elif kind == "EC2_INSTANCE":
        draft.add_instance(last.placed("name", values.INSTANCE_ID))
    elif kind == "S3_BUCKET":
        draft.add_bucket(last.text("name", values.BUCKET))
    elif isinstance(kind, str) and kind in _SERVICES:
        name = last.text("name", values.CLUSTER)
        draft.add("cluster", name, draft.arn(_SERVICES[kind], f"cluster/{name}"))
    else:
        draft.skip_type(kind, resource.path)


def _last(resource: Node) -> Node:
    """The id at the end of `uid`, be it an ARN or not; `name` where there is no `uid`."""
    uid = resource.value("uid") or resource.value("name")
    if isinstance(uid, str) and uid.startswith("arn:"):
        uid = values.matched(uid, values.ARN, resource.at("uid")).rpartition(":")[2].rpartition("/")[2]
    return Node({"name": uid}, resource.at("uid"))


def _indicator(indicator: Node, draft: Draft) -> None:
    key, found = indicator.value("key"), indicator.value("values")
    if not isinstance(found, Sequence) or isinstance(found, (str, bytes)):
        return
    for value in found:
        if key in _IP_KEYS:
            draft.add_ip(value, indicator.at("values"))
        elif key in _DOMAIN_KEYS:
            draft.add_domain(value, indicator.at("values"))

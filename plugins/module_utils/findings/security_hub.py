# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A GuardDuty finding as Security Hub hands it on (ASFF) to targets and indicators. Pure.
https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html
https://docs.aws.amazon.com/guardduty/latest/ug/securityhub-integration.html"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.findings import values
from ansible_collections.cordon.aws.plugins.module_utils.findings.draft import Credential, Draft, principal
from ansible_collections.cordon.aws.plugins.module_utils.findings.guardduty import read_actions, read_sequence
from ansible_collections.cordon.aws.plugins.module_utils.findings.values import Node, Pattern

# https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html: the least that has the label
_LEAST_OF_LABEL = {"INFORMATIONAL": 0, "LOW": 1, "MEDIUM": 4, "HIGH": 7, "CRITICAL": 9}
_PRODUCT = re.compile(r"arn:aws[a-z-]{0,30}:securityhub:[a-z0-9-]{0,32}::product/aws/guardduty", re.ASCII)
_KEY_PREFIX = "AWS::IAM::AccessKey:"
# GuardDuty's fields, flattened: older findings lack the prefix.
_FIELD = re.compile(
    r"(?:aws/guardduty/service/)?action/\w{1,64}/(?:portProbeDetails[^/]{0,16}/)?"
    r"(?:remoteIpDetails/(?P<ip>ipAddressV[46])|(?P<domain>domain))",
    re.ASCII,
)


def is_asff(document: Node) -> bool:
    return document.value("productArn") is not None or (
        document.value("awsAccountId") is not None and document.value("resources") is not None
    )


def require_guardduty(document: Node) -> None:
    """Raise InputError for what another product found."""
    arn = document.value("productArn")
    if isinstance(arn, str) and _PRODUCT.fullmatch(arn):
        return
    fields = document.node("productFields")
    name = values.shown(document.value("productName")) or values.shown(fields.value("aws/securityhub/ProductName"))
    raise InputError(
        values.TRIED,
        f"it is a Security Hub finding of {name or 'an unnamed product'}, and only GuardDuty's can be read",
        "Nothing was done. Hand over a finding whose ProductArn ends in product/aws/guardduty.",
    )


def finding_type(document: Node) -> str:
    """GuardDuty's type: `TTPs/Policy:IAMUser-RootCredentialUsage` is `Policy:IAMUser/RootCredentialUsage`."""
    types = document.value("types")
    for entry in types if isinstance(types, Sequence) and not isinstance(types, str) else []:
        if isinstance(entry, str):
            purpose, colon, rest = entry.rpartition("/")[2].partition(":")
            name = purpose + colon + rest.replace("-", "/", 1)
            if values.FINDING_TYPE.regex.fullmatch(name):
                return name
    raise values.wrong("types", types, values.FINDING_TYPE.name)


def severity(document: Node) -> float | int | None:
    """GuardDuty's own number; without it the least number that has the label."""
    node = document.node("severity")
    product = node.value("product")
    if product is not None:
        return values.number(product, node.at("product"), 0, 10)
    label = node.value("label")
    return _LEAST_OF_LABEL.get(label) if isinstance(label, str) else None


def read_finding(document: Node, draft: Draft) -> None:
    for resource in document.nodes("resources"):
        _resource(resource, draft)
    # https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_Sequence.html: named as GuardDuty does, without the resources
    read_sequence(document.node("detection").node("sequence"), draft)
    read_actions(document.node("action"), draft)
    fields = document.node("productFields")
    for name in sorted(key for key in fields.content if isinstance(key, str)):
        field = _FIELD.fullmatch(name)
        if field and field["ip"]:
            draft.add_ip(fields.value(name), fields.at(name))
        elif field:
            draft.add_domain(fields.value(name), fields.at(name))


def _resource(resource: Node, draft: Draft) -> None:
    kind = resource.value("type")
    details = resource.node("details")
    if kind == "AwsIamAccessKey":
        _credential(resource, details.node("awsIamAccessKey"), draft)
    elif kind == "AwsIamUser":
        draft.add_user(*_named(resource, "user/", values.PRINCIPAL_NAME))
    elif kind == "AwsIamRole":
        draft.add_role(*_named(resource, "role/", values.PRINCIPAL_NAME))
    elif kind == "AwsEc2Instance":
        draft.add_instance(_id(resource).placed("id", values.INSTANCE_ID))
    elif kind == "AwsS3Bucket":
        draft.add_bucket(_id(resource).text("id", values.BUCKET))
    elif kind == "AwsLambdaFunction":
        draft.add("function", _id(resource).text("id", values.FUNCTION), _arn(resource))
    elif kind == "AwsRdsDbInstance":
        draft.add("database", _id(resource).text("id", values.DATABASE), _arn(resource))
    elif kind in ("AwsEksCluster", "AwsEcsCluster"):
        draft.add("cluster", _id(resource).text("id", values.CLUSTER), _arn(resource))
    else:
        draft.skip_type(kind, resource.path)


def _credential(resource: Node, details: Node, draft: Draft) -> None:
    """`UserName` is what findings of 2019 and before have; they name no type, and it is a user's."""
    stated = resource.value("id")
    key = stated.removeprefix(_KEY_PREFIX) if isinstance(stated, str) else stated
    user_name = details.text("userName", values.PRINCIPAL_NAME)
    user_type = details.text("principalType", values.USER_TYPE) or ("IAMUser" if user_name else None)
    principal_id, name = principal(details, "principalId", user_type, "principalName")
    issuer = details.node("sessionContext").node("sessionIssuer")
    draft.add_credential(
        Credential(
            path=resource.path,
            key_id=Node({"id": key}, resource.path).placed("id", values.ACCESS_KEY_ID),
            principal_id=principal_id,
            user_type=user_type,
            name=name or user_name,
            issuer=issuer.text("arn", values.ARN),
        )
    )


def _arn(resource: Node) -> str | None:
    """The resource's id, which is an ARN for all but access keys; a placeholder in its place is as good as none."""
    found = resource.placed("id", values.ARN)
    return None if values.is_placeholder(found) else found


def _id(resource: Node) -> Node:
    """What AWS calls it: `i-…` of `arn:…:instance/i-…`, `name` of `arn:…:function:name:1` or of `arn:aws:s3:::name`."""
    stated = resource.value("id")
    if isinstance(stated, str) and stated.startswith("arn:"):
        parts = re.split("[:/]", values.matched(stated, values.ARN, resource.at("id")).split(":", 5)[5])
        stated = parts[1] if len(parts) > 1 else parts[0]
    return Node({"id": stated}, resource.path)


def _named(resource: Node, prefix: str, pattern: Pattern) -> tuple[str, str, str]:
    """Name, account and ARN of an IAM principal."""
    arn = resource.text("id", values.ARN) or ""
    service, _region, account, rest = (arn.split(":", 5) + [""] * 6)[2:6]
    if service != "iam" or not rest.startswith(prefix) or not account:
        raise values.wrong(resource.at("id"), resource.value("id"), f"the ARN of an IAM {prefix.rstrip('/')}")
    return values.matched(rest.rpartition("/")[2], pattern, resource.at("id")), account, arn

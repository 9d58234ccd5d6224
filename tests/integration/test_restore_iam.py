"""Each change to IAM, made in the sandbox as somebody else: the event tells it, and what the catalogue plans takes it back and forth."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from iam_calls import READ_ONLY, policy
from inverses import Inverted
from sandbox_client import Sandbox
from test_sandbox_iam_credentials import KEY, certificate, ssh

from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Facet

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
OPEN = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
)
METADATA = (
    '<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.com/{}">'
    f"<!-- {'x' * 1000} --></EntityDescriptor>"
)
ISSUER = "token.example.com/id"
PRINTS = ["a" * 40, "b" * 40]

Case = tuple[str, Callable[[Any], dict[str, Any]], list[tuple[str, ...]]]


@pytest.fixture
def iam(sandbox: Sandbox) -> Any:
    """An account in which administrators have been: a user, a role, a group, a profile, a policy with two versions, providers."""
    client = sandbox.client("iam")
    account = sandbox.management
    client.create_user(UserName="alice", Path="/team/", Tags=[{"Key": "team", "Value": "blue"}])
    client.create_role(RoleName="deploy", AssumeRolePolicyDocument=TRUST, Path="/ci/", Description="for pipelines")
    client.create_group(GroupName="writers")
    client.create_instance_profile(InstanceProfileName="web")
    client.create_policy(PolicyName="store", PolicyDocument=policy("s3:GetObject"))
    client.create_policy_version(
        PolicyArn=f"arn:aws:iam::{account}:policy/store", PolicyDocument=policy("s3:*"), SetAsDefault=False
    )
    client.create_policy(PolicyName="edge", PolicyDocument=policy("s3:GetObject"))
    client.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=policy("s3:ListBucket"))
    client.create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=["app"], ThumbprintList=[PRINTS[0]])
    client.create_saml_provider(Name="idp", SAMLMetadataDocument=METADATA.format("ours"))
    return client


def arn(thing: str) -> Callable[[str], str]:
    return lambda account: f"arn:aws:iam::{account}:{thing}"


STORE, EDGE, OIDC, SAML = map(arn, ("policy/store", "policy/edge", f"oidc-provider/{ISSUER}", "saml-provider/idp"))
A, D = {"UserName": "alice"}, {"RoleName": "deploy"}
WHOLE_USER = [(f"iam/{kind}", "user", "mallory") for kind in ("user", "boundary", "path")]


def facets(account: str, kind: str, *names: str) -> Facet:
    return Facet(kind, account, "us-east-1", names)


CALLS: dict[str, tuple[str, Callable[[str], dict[str, Any]], Callable[[str], list[tuple[str, ...]]]]] = {
    "a user is created": (
        "create_user",
        lambda _: {"UserName": "mallory", "Path": "/x/", "Tags": [{"Key": "team", "Value": "red"}]},
        lambda _: [*WHOLE_USER, ("iam/tag", "user", "mallory", "team")],
    ),
    "a role is created": (
        "create_role",
        lambda _: {"RoleName": "door", "AssumeRolePolicyDocument": OPEN, "MaxSessionDuration": 43200},
        lambda _: [(f"iam/{kind}", "role", "door") for kind in ("role", "trust_policy", "role_settings", "boundary")],
    ),
    "a group is created": (
        "create_group",
        lambda _: {"GroupName": "crew"},
        lambda _: [("iam/group", "group", "crew"), ("iam/path", "group", "crew")],
    ),
    "a profile is created": (
        "create_instance_profile",
        lambda _: {"InstanceProfileName": "bots"},
        lambda _: [("iam/instance-profile", "instance-profile", "bots")],
    ),
    "a group is deleted": (
        "delete_group",
        lambda _: {"GroupName": "writers"},
        lambda _: [("iam/group", "group", "writers")],
    ),
    "a role is deleted": (
        "delete_role",
        lambda _: D,
        lambda _: [(f"iam/{kind}", "role", "deploy") for kind in ("role", "trust_policy", "role_settings", "boundary")],
    ),
    "an inline policy is put": (
        "put_user_policy",
        lambda _: {**A, "PolicyName": "more", "PolicyDocument": policy("*")},
        lambda _: [("iam/inline_policy", "user", "alice", "more")],
    ),
    "an inline policy is overwritten": (
        "put_user_policy",
        lambda _: {**A, "PolicyName": "own", "PolicyDocument": policy("*")},
        lambda _: [("iam/inline_policy", "user", "alice", "own")],
    ),
    "an inline policy is deleted": (
        "delete_user_policy",
        lambda _: {**A, "PolicyName": "own"},
        lambda _: [("iam/inline_policy", "user", "alice", "own")],
    ),
    "a role gets an inline policy": (
        "put_role_policy",
        lambda _: {**D, "PolicyName": "more", "PolicyDocument": policy("*")},
        lambda _: [("iam/inline_policy", "role", "deploy", "more")],
    ),
    "a group gets an inline policy": (
        "put_group_policy",
        lambda _: {"GroupName": "writers", "PolicyName": "more", "PolicyDocument": policy("*")},
        lambda _: [("iam/inline_policy", "group", "writers", "more")],
    ),
    "a policy is attached": (
        "attach_role_policy",
        lambda _: {**D, "PolicyArn": READ_ONLY},
        lambda _: [("iam/attached_policy", "role", "deploy", READ_ONLY)],
    ),
    "a boundary is put": (
        "put_user_permissions_boundary",
        lambda _: {**A, "PermissionsBoundary": READ_ONLY},
        lambda _: [("iam/boundary", "user", "alice")],
    ),
    "a trust policy is changed": (
        "update_assume_role_policy",
        lambda _: {**D, "PolicyDocument": OPEN},
        lambda _: [("iam/trust_policy", "role", "deploy")],
    ),
    "a role's settings are changed": (
        "update_role",
        lambda _: {**D, "Description": "mine", "MaxSessionDuration": 43200},
        lambda _: [("iam/role_settings", "role", "deploy")],
    ),
    "a user joins a group": (
        "add_user_to_group",
        lambda _: {**A, "GroupName": "writers"},
        lambda _: [("iam/group_member", "user", "alice", "writers")],
    ),
    "a role is put into a profile": (
        "add_role_to_instance_profile",
        lambda _: {**D, "InstanceProfileName": "web"},
        lambda _: [("iam/instance_profile_role", "instance-profile", "web", "deploy")],
    ),
    "a policy is created": (
        "create_policy",
        lambda _: {"PolicyName": "all", "PolicyDocument": policy("*"), "Path": "/x/", "Description": "d"},
        lambda account: [
            ("iam/policy", "policy", arn("policy/x/all")(account)),
            ("iam/policy_default_version", "policy", arn("policy/x/all")(account)),
        ],
    ),
    "a policy is deleted": (
        "delete_policy",
        lambda account: {"PolicyArn": EDGE(account)},
        lambda account: [(f"iam/{kind}", "policy", EDGE(account)) for kind in ("policy", "policy_default_version")],
    ),
    "a version is put in force": (
        "create_policy_version",
        lambda account: {"PolicyArn": EDGE(account), "PolicyDocument": policy("*"), "SetAsDefault": True},
        lambda account: [
            ("iam/policy_default_version", "policy", EDGE(account)),
            ("iam/policy_version", "policy", EDGE(account), "v2"),
        ],
    ),
    "a version is added": (
        "create_policy_version",
        lambda account: {"PolicyArn": EDGE(account), "PolicyDocument": policy("*")},
        lambda account: [("iam/policy_version", "policy", EDGE(account), "v2")],
    ),
    "another version is put in force": (
        "set_default_policy_version",
        lambda account: {"PolicyArn": STORE(account), "VersionId": "v2"},
        lambda account: [("iam/policy_default_version", "policy", STORE(account))],
    ),
    "a version is deleted": (
        "delete_policy_version",
        lambda account: {"PolicyArn": STORE(account), "VersionId": "v2"},
        lambda account: [("iam/policy_version", "policy", STORE(account), "v2")],
    ),
    "a user is tagged": (
        "tag_user",
        lambda _: {**A, "Tags": [{"Key": "team", "Value": "red"}, {"Key": "admin", "Value": ""}]},
        lambda _: [("iam/tag", "user", "alice", "team"), ("iam/tag", "user", "alice", "admin")],
    ),
    "a tag is taken": (
        "untag_user",
        lambda _: {**A, "TagKeys": ["team"]},
        lambda _: [("iam/tag", "user", "alice", "team")],
    ),
    "a user is renamed": (
        "update_user",
        lambda _: {**A, "NewUserName": "alicia"},
        lambda _: [("iam/renaming", "user", "alice", "alicia")],
    ),
    "a user is moved": ("update_user", lambda _: {**A, "NewPath": "/"}, lambda _: [("iam/path", "user", "alice")]),
    "a password is given": (
        "create_login_profile",
        lambda _: {**A, "Password": "Long-and-0ne-time!"},
        lambda _: [("iam/login_profile", "user", "alice")],
    ),
    "a provider is trusted": (
        "create_open_id_connect_provider",
        lambda _: {"Url": "https://evil.example.com", "ClientIDList": ["a"], "ThumbprintList": PRINTS},
        lambda account: [
            ("iam/oidc_provider", "oidc-provider", arn("oidc-provider/evil.example.com")(account)),
            ("iam/oidc_thumbprints", "oidc-provider", arn("oidc-provider/evil.example.com")(account)),
            ("iam/oidc_client", "oidc-provider", arn("oidc-provider/evil.example.com")(account), "a"),
        ],
    ),
    "a provider is no longer trusted": (
        "delete_open_id_connect_provider",
        lambda account: {"OpenIDConnectProviderArn": OIDC(account)},
        lambda account: [
            (f"iam/{kind}", "oidc-provider", OIDC(account)) for kind in ("oidc_provider", "oidc_thumbprints")
        ],
    ),
    "a client is trusted": (
        "add_client_id_to_open_id_connect_provider",
        lambda account: {"OpenIDConnectProviderArn": OIDC(account), "ClientID": "mine"},
        lambda account: [("iam/oidc_client", "oidc-provider", OIDC(account), "mine")],
    ),
    "thumbprints are changed": (
        "update_open_id_connect_provider_thumbprint",
        lambda account: {"OpenIDConnectProviderArn": OIDC(account), "ThumbprintList": [PRINTS[1]]},
        lambda account: [("iam/oidc_thumbprints", "oidc-provider", OIDC(account))],
    ),
    "another identity provider is trusted": (
        "create_saml_provider",
        lambda _: {"Name": "evil", "SAMLMetadataDocument": METADATA.format("theirs")},
        lambda account: [
            (f"iam/{kind}", "saml-provider", arn("saml-provider/evil")(account))
            for kind in ("saml_provider", "saml_metadata")
        ],
    ),
    "an identity provider is swapped": (
        "update_saml_provider",
        lambda account: {"SAMLProviderArn": SAML(account), "SAMLMetadataDocument": METADATA.format("theirs")},
        lambda account: [("iam/saml_metadata", "saml-provider", SAML(account))],
    ),
    "an identity provider is deleted": (
        "delete_saml_provider",
        lambda account: {"SAMLProviderArn": SAML(account)},
        lambda account: [
            (f"iam/{kind}", "saml-provider", SAML(account)) for kind in ("saml_provider", "saml_metadata")
        ],
    ),
    "the account gets an alias": (
        "create_account_alias",
        lambda _: {"AccountAlias": "pwned-corp"},
        lambda _: [("iam/account_alias", "AccountAlias")],
    ),
    "the password policy is weakened": (
        "update_account_password_policy",
        lambda _: {"MinimumPasswordLength": 6, "MaxPasswordAge": 30},
        lambda _: [("iam/account_password_policy", "AccountPasswordPolicy")],
    ),
    "a virtual device is made": (
        "create_virtual_mfa_device",
        lambda _: {"VirtualMFADeviceName": "phone"},
        lambda account: [("iam/virtual_mfa_device", "mfa", arn("mfa/phone")(account))],
    ),
}


ORGANIZATION: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "a policy is attached": (
        "attach_policy",
        {"PolicyId": "other", "TargetId": "account"},
        ["attached_policy", "other", "account"],
    ),
    "a policy is detached": (
        "detach_policy",
        {"PolicyId": "ours", "TargetId": "account"},
        ["attached_policy", "ours", "account"],
    ),
    "a policy is rewritten": ("update_policy", {"PolicyId": "ours", "Content": "content"}, ["policy", "ours"]),
    "a policy is deleted": ("delete_policy", {"PolicyId": "other"}, ["policy", "other"]),
    "an account is moved": (
        "move_account",
        {"AccountId": "account", "SourceParentId": "root", "DestinationParentId": "unit"},
        ["account_parent", "account"],
    ),
    "an administrator is delegated": (
        "register_delegated_administrator",
        {"AccountId": "account", "ServicePrincipal": "service"},
        ["delegated_administrator", "account", "service"],
    ),
}


@pytest.mark.parametrize("name", ORGANIZATION)
def test_changes_to_an_organization_are_taken_back(sandbox: Sandbox, name: str) -> None:
    client = sandbox.client("organizations")
    account, root = sandbox.members[0], client.list_roots()["Roots"][0]["Id"]
    (parent,) = client.list_parents(ChildId=account)["Parents"]
    values = {
        "account": account,
        "root": parent["Id"],
        "service": "access-analyzer.amazonaws.com",
        "content": policy("*", Effect="Deny"),
    }
    values["unit"] = client.create_organizational_unit(ParentId=root, Name="theirs")["OrganizationalUnit"]["Id"]
    for policy_name in ("ours", "other"):
        made = client.create_policy(
            Name=policy_name, Description="", Type="SERVICE_CONTROL_POLICY", Content=policy("s3:*", Effect="Deny")
        )
        values[policy_name] = made["Policy"]["PolicySummary"]["Id"]
    client.attach_policy(PolicyId=values["ours"], TargetId=account)
    method, arguments, (kind, *names) = ORGANIZATION[name]
    inverted = Inverted(
        sandbox=sandbox,
        call=getattr(client, method),
        arguments={parameter: values[value] for parameter, value in arguments.items()},
        facets=[facets(sandbox.management, f"organizations/{kind}", *(values[one] for one in names))],
    ).run()
    inverted.check_event()
    inverted.check_moves()


@pytest.mark.parametrize("name", CALLS)
def test_the_event_tells_what_the_call_changed_and_the_moves_take_it_back(
    sandbox: Sandbox, iam: Any, name: str
) -> None:
    method, arguments, listed = CALLS[name]
    account = sandbox.management
    made = Inverted(
        sandbox=sandbox,
        call=getattr(iam, method),
        arguments=arguments(account),
        facets=[facets(account, kind, *names) for kind, *names in listed(account)],
    ).run()
    made.check_event()
    made.check_moves()


@pytest.mark.parametrize(
    ("kind", "method", "arguments", "answer"),
    [
        ("access_key", "create_access_key", {}, ("AccessKey", "AccessKeyId")),
        ("ssh_public_key", "upload_ssh_public_key", {"SSHPublicKeyBody": ssh(KEY)}, ("SSHPublicKey", "SSHPublicKeyId")),
        (
            "service_specific_credential",
            "create_service_specific_credential",
            {"ServiceName": "codecommit.amazonaws.com"},
            ("ServiceSpecificCredential", "ServiceSpecificCredentialId"),
        ),
        (
            "signing_certificate",
            "upload_signing_certificate",
            {"CertificateBody": certificate(7)},
            ("Certificate", "CertificateId"),
        ),
    ],
)
def test_a_credential_that_was_made_is_made_inactive_and_can_be_used_again(
    sandbox: Sandbox, iam: Any, kind: str, method: str, arguments: dict[str, Any], answer: tuple[str, str]
) -> None:
    """Its id is known only afterwards: what was before is that there was none."""
    told: dict[str, Any] = {}

    def call(**given: Any) -> Any:
        told.update(getattr(iam, method)(**given))
        made.facets = [facets(sandbox.management, f"iam/{kind}", "user", "alice", told[answer[0]][answer[1]])]
        return told

    made = Inverted(sandbox=sandbox, call=call, arguments={**A, **arguments}, facets=[])
    made.run()
    (facet,) = made.facets
    made.before = {facet: None}
    made.check_event()
    assert made.changes[facet].before is None
    assert made.after[facet] == "Active"
    made.check_moves()

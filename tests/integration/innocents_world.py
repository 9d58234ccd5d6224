"""An organization of innocents.py in the sandbox: who has which credentials there, and what AWS answers each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import botocore.session
from innocents import Aim, Organization, Role, User
from innocents_calls import BUCKET, OBJECT, allow, assume, document, keys_in, padding, policy, probes, sts
from innocents_own import Caller, Probe
from sandbox_client import Sandbox
from signing import Answer, Call, send, signed

from ansible_collections.cordon.aws.plugins.module_utils.iam.policies import inline_size
from ansible_collections.cordon.aws.plugins.module_utils.parallel import in_parallel

SCENARIO = "privileged-identities"
_RESPONDERS_ROLE = "OrganizationAccountAccessRole"
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_INLINE_QUOTA, _ATTACHED_QUOTA = 2048, 10
_FILLING = tuple(
    f"arn:aws:iam::aws:policy/{name}"
    for name in (
        "AmazonElasticTranscoder_ReadOnlyAccess",
        "AmazonKinesisReadOnlyAccess",
        "AmazonMobileAnalyticsFinancialReportAccess",
        "AmazonPollyReadOnlyAccess",
        "AmazonRekognitionReadOnlyAccess",
        "AmazonSNSReadOnlyAccess",
        "AmazonSQSReadOnlyAccess",
        "AWSCodeCommitReadOnly",
        "AWSStepFunctionsReadOnlyAccess",
        "AWSXrayReadOnlyAccess",
    )
)
"""Managed policies that allow nothing which anybody tries."""
_SHARED = botocore.session.get_session()
"""Makes clients without reading the models of the services again for each."""

Answers = dict[tuple[Caller, Probe], str]
"""What each of them was answered: "allowed", or the error's code."""


class World:
    """The organization, set up anew."""

    def __init__(self, sandbox: Sandbox, organization: Organization) -> None:
        sandbox.control("POST", "/reset")
        self.sandbox = sandbox
        self._organization, self._accounts = organization, sandbox.members[:2]
        self._planted = sandbox.facts["scenarios"][SCENARIO]
        self._responders = tuple(self._responding())
        iam = [self._admin("iam", account) for account in self._accounts]
        for client in iam:
            self._share(client)
        keys = [self._user(iam[user.account], user) for user in organization.users]
        for role in organization.roles:
            self._role(iam[role.account], role)
        roles = [self._role_arn(number) for number in range(len(organization.roles))]
        self.probes = probes(roles, _RESPONDERS_ROLE, self._key_and_bucket())
        self.callers = (*self._responders, *self._people(keys), *self._privileged())

    def answers(self) -> Answers:
        """What everybody is answered to everything now."""
        asked = [(caller, probe) for caller in self.callers for probe in self.probes]
        return dict(zip(asked, in_parallel(asked, lambda one: self._verdict(*one)), strict=True))

    def arn_of(self, aim: Aim) -> str:
        """The principal that is meant, as an operator names it."""
        match aim.kind:
            case "user":
                return self._user_arn(aim.number)
            case "role":
                return self._role_arn(aim.number)
            case "session":
                _user, role, name = self._organization.sessions[aim.number]
                return self._session_arn(role, name)
            case "root":
                return str(self._planted["root"]["arn"])
            case "reserved role":
                return str(self._planted["reserved_role_arn"])
            case "reserved session":
                return str(next(iter(self._planted["sessions"].values()))["arn"])

    def _verdict(self, caller: Caller, probe: Probe) -> str:
        # Each calls its session by a name of its own: one that two take cannot be ended for one of them.
        own = replace(
            probe.call,
            body=probe.call.body.replace("SessionName=probe", f"SessionName=probe-{self.callers.index(caller)}"),
        )
        answer = self._ask(caller, own)
        return "allowed" if answer.status == 200 else answer.code

    def _ask(self, caller: Caller, call: Call) -> Answer:
        url = self.sandbox.endpoint_url
        return send(url, signed(url, call, caller.keys))

    def _user_arn(self, number: int) -> str:
        user = self._organization.users[number]
        return f"arn:aws:iam::{self._accounts[user.account]}:user{user.path}{user.name}"

    def _role_arn(self, number: int) -> str:
        role = self._organization.roles[number]
        return f"arn:aws:iam::{self._accounts[role.account]}:role{role.path}{role.name}"

    def _session_arn(self, number: int, name: str) -> str:
        role = self._organization.roles[number]
        return f"arn:aws:sts::{self._accounts[role.account]}:assumed-role/{role.name}/{name}"

    def _shared_arn(self, account: int, name: str) -> str:
        return f"arn:aws:iam::{self._accounts[account]}:policy/{name}"

    def _admin(self, service: str, account: str) -> Any:
        """A client of the responder's in a member account."""
        keys = next(caller.keys for caller in self._responders if caller.account == account)
        return _SHARED.create_client(
            service,
            region_name="us-east-1",
            endpoint_url=self.sandbox.endpoint_url,
            aws_access_key_id=keys["access_key_id"],
            aws_secret_access_key=keys["secret_access_key"],
            aws_session_token=keys["session_token"],
        )

    def _share(self, iam: Any) -> None:
        """What users and roles of one account have in common."""
        iam.create_group(GroupName="team")
        iam.put_group_policy(GroupName="team", PolicyName="team", PolicyDocument=policy(self._organization.team))
        iam.create_policy(PolicyName="shared", PolicyDocument=policy(self._organization.shared))
        iam.create_policy(PolicyName="boundary", PolicyDocument=policy(self._organization.boundary))

    def _user(self, iam: Any, user: User) -> dict[str, str]:
        """Its access key."""
        bounded = {"PermissionsBoundary": self._shared_arn(user.account, "boundary")} if user.is_bounded else {}
        iam.create_user(UserName=user.name, Path=user.path, **bounded)
        text = policy(user.inline)
        iam.put_user_policy(UserName=user.name, PolicyName="own", PolicyDocument=text)
        if user.full:
            rest = padding(_INLINE_QUOTA - inline_size(text))
            iam.put_user_policy(UserName=user.name, PolicyName="rest", PolicyDocument=rest)
        attached = [self._shared_arn(user.account, "shared")] if user.has_shared else []
        if user.full == "inline and attached":
            attached += _FILLING[len(attached) : _ATTACHED_QUOTA]
        for arn in attached:
            iam.attach_user_policy(UserName=user.name, PolicyArn=arn)
        if user.in_team:
            iam.add_user_to_group(GroupName="team", UserName=user.name)
        key = iam.create_access_key(UserName=user.name)["AccessKey"]
        return {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}

    def _role(self, iam: Any, role: Role) -> None:
        trusted = [self._trusted(role, whom) for whom in role.trusts]
        trust = document({"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:AssumeRole"})
        bounded = {"PermissionsBoundary": self._shared_arn(role.account, "boundary")} if role.is_bounded else {}
        iam.create_role(RoleName=role.name, Path=role.path, AssumeRolePolicyDocument=trust, **bounded)
        iam.put_role_policy(RoleName=role.name, PolicyName="own", PolicyDocument=policy(role.inline))
        if role.has_shared:
            iam.attach_role_policy(RoleName=role.name, PolicyArn=self._shared_arn(role.account, "shared"))

    def _trusted(self, role: Role, whom: int | str) -> str:
        if isinstance(whom, int):
            return self._user_arn(whom)
        account = role.account if whom == "account" else 1 - role.account
        return f"arn:aws:iam::{self._accounts[account]}:root"

    def _key_and_bucket(self) -> str:
        """A bucket and a key in the first account, which have policies of their own; the ARN of the key."""
        owner = self._accounts[0]
        s3, kms = self._admin("s3", owner), self._admin("kms", owner)
        s3.create_bucket(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key=OBJECT, Body=b"a drawing")
        statements = [allow("kms:*", to=[owner])]
        readers = [
            self._user_arn(number) if kind == "user" else self._role_arn(number)
            for kind, number in self._organization.readers
        ]
        if readers:
            reading = document(allow("s3:GetObject", resource=f"arn:aws:s3:::{BUCKET}/*", to=readers))
            s3.put_bucket_policy(Bucket=BUCKET, Policy=reading)
            statements.append(allow("kms:DescribeKey", to=readers))
        return str(kms.create_key(Policy=document(*statements))["KeyMetadata"]["Arn"])

    def _responding(self) -> Iterator[Caller]:
        env, management = self.sandbox.env, self.sandbox.management
        keys = {"access_key_id": env["AWS_ACCESS_KEY_ID"], "secret_access_key": env["AWS_SECRET_ACCESS_KEY"]}
        user = f"arn:aws:iam::{management}:user/responder"
        responder = Caller(
            label="the responder", account=management, arn=user, owner=user, keys=keys, is_responder=True
        )
        yield responder
        for account in self._accounts:
            arn = f"arn:aws:sts::{account}:assumed-role/{_RESPONDERS_ROLE}/innocent"
            role = f"arn:aws:iam::{account}:role/{_RESPONDERS_ROLE}"
            label = f"the responder in {account}"
            yield from self._session(responder, label, assume(role, "innocent"), arn, role, is_responder=True)

    def _people(self, keys: list[dict[str, str]]) -> Iterator[Caller]:
        """The users and their sessions. Who is refused a session has none."""
        users = [self._as_user(number, own) for number, own in enumerate(keys)]
        yield from users
        for number in self._organization.tokens:
            user = users[number]
            yield from self._session(user, f"a session of {user.label}", sts("GetSessionToken"), user.arn, user.arn)
        for number, name in self._organization.federated:
            user = users[number]
            ask = sts("GetFederationToken", Name=name, Policy=document(allow("*")))
            arn = f"arn:aws:sts::{user.account}:federated-user/{name}"
            yield from self._session(user, f"{name} federated by {user.label}", ask, arn, user.arn)
        for number, role, name in self._organization.sessions:
            arn, owner = self._session_arn(role, name), self._role_arn(role)
            yield from self._session(users[number], f"{users[number].label} as {arn}", assume(owner, name), arn, owner)

    def _as_user(self, number: int, keys: dict[str, str]) -> Caller:
        arn, account = self._user_arn(number), self._accounts[self._organization.users[number].account]
        return Caller(label=arn, account=account, arn=arn, owner=arn, keys=keys)

    def _session(self, by: Caller, label: str, ask: Call, arn: str, owner: str, **more: bool) -> Iterator[Caller]:
        """None where it is refused."""
        answer = self._ask(by, ask)
        if answer.status == 200:
            account, keys = owner.split(":")[4], keys_in(answer.body)
            yield Caller(label=label, account=account, arn=arn, owner=owner, keys=keys, **more)

    def _privileged(self) -> Iterator[Caller]:
        """Root, a session of its, and the people of Identity Center."""
        account, root, role = (self._planted[name] for name in ("account", "root", "reserved_role_arn"))
        as_root = Caller(label="root", account=account, arn=root["arn"], owner=root["arn"], keys=root)
        yield as_root
        yield from self._session(as_root, "a session of root", sts("GetSessionToken"), root["arn"], root["arn"])
        for person, keys in self._planted["sessions"].items():
            yield Caller(label=person, account=account, arn=keys["arn"], owner=role, keys=keys)

"""Faults of moto 5.2 that matter here, each worked around by one function; `apply` does them all, once."""

from __future__ import annotations

import datetime as real_datetime
import os
import types
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sandbox import upstream_buckets, upstream_fleets, upstream_functions, upstream_secrets, upstream_volumes

# Read by moto when its modules are imported.
_ENVIRONMENT = {
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",  # 487 ms at start, and slow listings of snapshots
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",  # without it AWS's own policies do not exist
    "MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS": "true",  # who may is decided by policies, in authorization/
}


def prepare() -> None:
    """To be called before anything imports moto."""
    os.environ.update(_ENVIRONMENT)


def apply(ahead: Callable[[], timedelta]) -> None:
    """Mend moto in this process. `ahead`: how far sandbox time is ahead of real time."""
    follow_the_clock(ahead)
    attach_policies_once()
    give_users_ids_like_aws()
    give_groups_and_policies_ids_like_aws()
    read_aws_policies_once()
    keep_boundaries_out_of_lists()
    count_boundaries()
    encode_trust_policies()
    remember_whom_roles_trust()
    take_fingerprints_of_keys()
    let_organizations_trust_iam()
    let_policies_name_root()
    leave_bucket_policies_to_us()
    leave_interfaces_their_own_groups()
    show_instances_in_the_groups_of_their_primary_interface()
    let_interfaces_made_at_launch_end_with_their_instance()
    upstream_buckets.apply()
    upstream_fleets.apply()
    upstream_functions.apply()
    upstream_secrets.apply()
    upstream_volumes.apply()


def follow_the_clock(ahead: Callable[[], timedelta]) -> None:
    """moto dates everything with real time; all of it goes through moto.core.utils, which sees another `datetime` from now on."""
    import moto.core.utils

    class Shifted(real_datetime.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return real_datetime.datetime.now(tz) + ahead()

        @classmethod
        def utcnow(cls) -> Any:
            return real_datetime.datetime.now(real_datetime.UTC).replace(tzinfo=None) + ahead()

    shifted = types.ModuleType("datetime")
    shifted.__dict__.update(real_datetime.__dict__)
    shifted.__dict__["datetime"] = Shifted
    moto.core.utils.datetime = shifted  # type: ignore[attr-defined]


def attach_policies_once() -> None:
    """moto attaches AttachUserPolicy's policy a second time where it is attached already and counts it twice, so that it never gets
    back to zero; AWS takes the second call for done."""
    from moto.iam.models import ManagedPolicy

    attach = ManagedPolicy.attach_to

    def attach_once(self: Any, obj: Any) -> None:
        if self.arn not in obj.managed_policies:
            attach(self, obj)

    ManagedPolicy.attach_to = attach_once  # type: ignore[method-assign]


def give_users_ids_like_aws() -> None:
    """moto's ids of users are any twenty letters; AWS's begin with AIDA:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes"""
    from moto.iam.models import User
    from moto.iam.utils import generate_access_key_id_from_account_id

    make = User.__init__

    def make_with_id(self: Any, account_id: str, *arguments: Any, **more: Any) -> None:
        make(self, account_id, *arguments, **more)
        self.id = generate_access_key_id_from_account_id(account_id, prefix="AIDA", total_length=21)

    User.__init__ = make_with_id  # type: ignore[method-assign]


def give_groups_and_policies_ids_like_aws() -> None:
    """AGPA and ANPA: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes"""
    from moto.iam.models import Group, Policy
    from moto.iam.utils import generate_access_key_id_from_account_id

    def give(kind: Any, prefix: str) -> None:
        make = kind.__init__

        def make_with_id(self: Any, *arguments: Any, **more: Any) -> None:
            make(self, *arguments, **more)
            self.id = generate_access_key_id_from_account_id(self.account_id, prefix=prefix, total_length=21)

        kind.__init__ = make_with_id

    give(Group, "AGPA")
    give(Policy, "ANPA")


def read_aws_policies_once() -> None:
    """moto reads all of AWS's own policies anew for each account, a fifth of a second each time; what they say is the same for all."""
    from moto.iam.models import IAMBackend

    read = IAMBackend._init_aws_policies
    first = IAMBackend.__new__(IAMBackend)
    first.account_id, first.region_name = "000000000000", "us-east-1"
    known = read(first)

    def of_account(policy: Any, account_id: str) -> Any:
        mine: Any = object.__new__(type(policy))
        mine.__dict__.update(policy.__dict__, account_id=account_id, tags={}, versions=list(policy.versions))
        return mine

    def copies(self: Any) -> Any:
        return [of_account(policy, self.account_id) for policy in known]

    IAMBackend._init_aws_policies = copies  # type: ignore[method-assign]


def keep_boundaries_out_of_lists() -> None:
    """ListUsers does not show boundaries: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html"""
    from moto.core.serialize import never_return
    from moto.iam.responses import IamResponse

    IamResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER["ListUsersResponse.Users.User.PermissionsBoundary"] = never_return


def count_boundaries() -> None:
    """moto does not count of how many users and roles a policy is the boundary:
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_Policy.html"""
    from moto.iam.models import Policy

    from sandbox.authorization.views import iam_of
    from sandbox.iam_guards import boundary_of

    def count(self: Any) -> int:
        return len(boundary_of(iam_of(self.account_id), self.arn))

    Policy.permissions_boundary_usage_count = property(count)  # type: ignore[attr-defined]


def encode_trust_policies() -> None:
    """IAM URL-encodes them wherever a role is shown: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html"""
    from moto.core.serialize import url_encode
    from moto.iam.responses import IamResponse

    shown = IamResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER
    for path in (
        "ListRolesResponse.Roles.Role",
        "CreateServiceLinkedRoleResponse.Role",
        "UpdateRoleDescriptionResponse.Role",
        "CreateInstanceProfileResponse.InstanceProfile.Roles.Role",
        "GetInstanceProfileResponse.InstanceProfile.Roles.Role",
        "ListInstanceProfilesResponse.InstanceProfiles.InstanceProfile.Roles.Role",
        "ListInstanceProfilesForRoleResponse.InstanceProfiles.InstanceProfile.Roles.Role",
    ):
        shown[f"{path}.AssumeRolePolicyDocument"] = url_encode


def remember_whom_roles_trust() -> None:
    """moto keeps the text of a trust policy; IAM keeps the ids of those whom it names (trust.py)."""
    from moto.iam.models import Role

    from sandbox.trust import Trust

    def shown(self: Any) -> str:
        kept: Trust = self.__dict__["trust"]
        return kept.shown()

    def keep(self: Any, text: str) -> None:
        self.__dict__["trust"] = Trust(text)

    Role.assume_role_policy_document = property(shown, keep)  # type: ignore[assignment]


def take_fingerprints_of_keys() -> None:
    """moto's fingerprints are those of the whole text. AWS's are those of the key:
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_SSHPublicKey.html"""
    from moto.iam.models import SshPublicKey

    from sandbox.iam_ssh_keys import fingerprint

    make = SshPublicKey.__init__

    def make_with_fingerprint(self: Any, user_name: str, body: str) -> None:
        make(self, user_name, body)
        self.fingerprint = fingerprint(body)

    SshPublicKey.__init__ = make_with_fingerprint  # type: ignore[method-assign, assignment]


def let_organizations_trust_iam() -> None:
    """moto's lists of services are older than centralized root access:
    https://docs.aws.amazon.com/organizations/latest/userguide/services-that-can-integrate-iam.html"""
    from moto.organizations.models import FakeDelegatedAdministrator, FakeServiceAccess

    for known in (FakeServiceAccess.TRUSTED_SERVICES, FakeDelegatedAdministrator.SUPPORTED_SERVICES):
        if "iam.amazonaws.com" not in known:
            known.append("iam.amazonaws.com")


def let_policies_name_root() -> None:
    """moto knows no root users among IAM's resources; sts:AssumeRoot is about them:
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html"""
    from moto.iam.policy_validation import VALID_RESOURCE_PATH_STARTING_VALUES

    known = VALID_RESOURCE_PATH_STARTING_VALUES["iam"]["values"]
    if "root" not in known:
        known.append("root")


def leave_bucket_policies_to_us() -> None:
    """moto reads bucket policies again, without their conditions and principals; who comes as far as that has been let in."""
    from moto.iam.access_control import PermissionResult
    from moto.s3.models import FakeBucket

    FakeBucket.get_permission = lambda *_asked: PermissionResult.PERMITTED  # type: ignore[method-assign]


def leave_interfaces_their_own_groups() -> None:
    """moto shows an interface in the groups that its instance was launched with, whatever its own are by now."""
    from moto.ec2.models.elastic_network_interfaces import NetworkInterface

    NetworkInterface.group_set = property(lambda self: self._group_set)  # type: ignore[method-assign, assignment]


def show_instances_in_the_groups_of_their_primary_interface() -> None:
    """An instance's groups are those of its primary interface, whichever of the two they were changed at:
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/changing-security-group.html"""
    from moto.ec2.models.instances import Instance

    def shown(self: Any) -> Any:
        primary = (self.__dict__.get("nics") or {}).get(0)
        return self.__dict__["launched_in_groups"] if primary is None else primary._group_set

    def keep(self: Any, groups: Any) -> None:
        self.__dict__["launched_in_groups"] = groups
        primary = (self.__dict__.get("nics") or {}).get(0)
        if primary is not None:
            primary._group_set = list(groups)

    Instance.security_groups = property(shown, keep)  # type: ignore[assignment]


def let_interfaces_made_at_launch_end_with_their_instance() -> None:
    """moto keeps them unless the request says otherwise; a primary interface goes by default, whoever launched the instance:
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html"""
    from moto.ec2.models.instances import Instance

    prepare = Instance.prep_nics

    def prepare_as_told(self: Any, nic_spec: Any, *arguments: Any, **more: Any) -> None:
        prepare(self, nic_spec, *arguments, **more)
        said = {int(one.get("DeviceIndex") or 0): one for one in nic_spec}
        for index, interface in self.nics.items():
            wish = said.get(index, {})
            if not wish.get("NetworkInterfaceId"):
                interface.delete_on_termination = wish.get("DeleteOnTermination") is not False

    Instance.prep_nics = prepare_as_told  # type: ignore[method-assign]

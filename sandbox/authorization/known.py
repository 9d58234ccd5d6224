"""What has to be looked up to say which ARN a request is about: paths of IAM entities, roles of instance profiles, keys of aliases,
secrets."""

from __future__ import annotations

from moto.backends import get_backend

from sandbox.authorization.views import Views, iam_of


class Known:
    """Looks things up in moto, users and roles as late as `Views` has them."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def arn(self, account: str, kind: str, name: str) -> str | None:
        """The ARN, with its path, of an IAM entity that exists."""
        if kind == "user":
            user = self._views.user(account, name)
            return user.arn if user else None
        if kind == "role":
            role = self._views.role(account, name)
            return role.arn if role else None
        iam = iam_of(account)
        found = {"group": iam.groups, "instance-profile": iam.instance_profiles}[kind].get(name)
        return str(found.arn) if found else None

    def roles_of_profile(self, account: str, name: str) -> list[str]:
        """ARNs of the roles in an instance profile."""
        profile = iam_of(account).instance_profiles.get(name)
        return [str(role.arn) for role in profile.roles] if profile else []

    def key_of_alias(self, account: str, region: str, alias: str) -> str | None:
        """The ARN of the KMS key that `alias/...` stands for."""
        for key in list(get_backend("kms")[account][region].keys.values()):
            if alias in key.aliases:
                return str(key.arn)
        return None

    def secret(self, account: str, region: str, named: str) -> str | None:
        """The ARN of the secret of this name or ARN."""
        found = get_backend("secretsmanager")[account][region].secrets.get(named)
        return str(found.arn) if found is not None else None

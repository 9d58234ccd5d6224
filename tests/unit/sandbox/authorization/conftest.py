"""An authorizer over moto's empty backends: IAM, Organizations, S3 and KMS are filled by each test as a service would be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from sandbox import upstream

upstream.prepare()

from moto.backends import get_backend  # noqa: E402  moto reads what `prepare` sets when it is imported
from moto.core.base_backend import BackendDict  # noqa: E402
from sandbox_calls import ACCOUNT, session  # noqa: E402

from sandbox.authorization.authorizer import Authorizer  # noqa: E402
from sandbox.authorization.known import Known  # noqa: E402
from sandbox.authorization.views import iam_of  # noqa: E402
from sandbox.clock import Clock  # noqa: E402
from sandbox.model import ApiRequest, Caller  # noqa: E402
from sandbox.settings import Settings  # noqa: E402
from sandbox.world import World  # noqa: E402


class Cloud:
    """The parts of `World` that authorization uses."""

    def __init__(self) -> None:
        self.clock, self.settings = Clock(), Settings()
        self.authorizer = Authorizer(cast("World", self))
        self.views = self.authorizer.views
        self.known = Known(self.views)

    def iam(self, account: str = ACCOUNT) -> Any:
        return iam_of(account)

    def user(self, name: str, *policies: str, account: str = ACCOUNT, path: str = "/") -> Caller:
        """A user with these inline policies, as the caller that its key makes."""
        made = self.iam(account).create_user("us-east-1", name, path)
        for number, text in enumerate(policies):
            self.iam(account).put_user_policy(name, f"policy-{number}", text)
        return Caller(
            kind="user", account=account, arn=made.arn, user_id=made.id, access_key_id="AKIAIOSFODNN7EXAMPLE", name=name
        )

    def role(self, name: str, trust: str, *policies: str, account: str = ACCOUNT, **session_facts: Any) -> Caller:
        """A role, as the caller that its session `work` makes."""
        made = self.iam(account).create_role(name, trust, "/", None, "", [], 3600)
        for number, text in enumerate(policies):
            self.iam(account).put_role_policy(name, f"policy-{number}", text)
        return Caller(
            kind="assumed_role",
            account=account,
            arn=f"arn:aws:sts::{account}:assumed-role/{name}/work",
            user_id=f"{made.id}:work",
            access_key_id="ASIAIOSFODNN7EXAMPLE",
            name=name,
            session=session(made.arn, **session_facts),
        )

    def bucket(self, name: str, policy: str | None = None, account: str = ACCOUNT) -> None:
        backend = get_backend("s3")[account]["aws"]
        backend.create_bucket(name, "us-east-1")
        if policy is not None:
            backend.put_bucket_policy(name, policy.encode())

    def allows(self, request: ApiRequest, caller: Caller) -> bool:
        return self.authorizer.authorize(request, caller).allowed

    def refusal(self, request: ApiRequest, caller: Caller) -> str:
        return self.authorizer.authorize(request, caller).message


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "false")  # a second for every test, and none needs them
    BackendDict.reset()
    yield Cloud()
    BackendDict.reset()

"""Faults of moto 5.2 in Secrets Manager, each worked around by one function; `apply` does them all, once."""

from __future__ import annotations

from typing import Any


def apply() -> None:
    """Mend moto in this process."""
    show_labelled_versions_only()
    give_the_labelled_version()


def show_labelled_versions_only() -> None:
    """A version without labels is deprecated, and not shown with the secret:
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html (VersionIdsToStages)"""
    from moto.secretsmanager.models import FakeSecret

    def labelled(self: Any) -> dict[str, Any]:
        return {version: one["version_stages"] for version, one in self.versions.items() if one["version_stages"]}

    FakeSecret._form_version_ids_to_stages = labelled  # type: ignore[method-assign]


def give_the_labelled_version() -> None:
    """moto goes on giving out the version that was put last, wherever AWSCURRENT has been moved, and takes an older version's own labels.
    https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version"""
    from moto.secretsmanager.models import FakeSecret

    def current(self: Any) -> str | None:
        return next((version for version, one in self.versions.items() if "AWSCURRENT" in one["version_stages"]), None)

    def put(self: Any, secret_version: dict[str, Any], version_id: str) -> None:
        before = current(self)
        for one in self.versions.values():
            one["version_stages"] = [
                stage for stage in one["version_stages"] if stage not in ("AWSPREVIOUS", "AWSCURRENT")
            ]
        if before is not None and before != version_id:
            self.versions[before]["version_stages"].append("AWSPREVIOUS")
        self.versions[version_id] = secret_version

    FakeSecret.default_version_id = property(current, lambda _self, _version: None)  # type: ignore[assignment]
    FakeSecret.reset_default_version = put  # type: ignore[method-assign]

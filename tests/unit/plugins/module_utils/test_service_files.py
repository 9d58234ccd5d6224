"""Clients know what botocore knows of a service, and its files are all that is read for it."""

from __future__ import annotations

import os
from pathlib import Path

import boto3
import botocore.exceptions
import botocore.session
import pytest

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud, Connection
from ansible_collections.cordon.aws.plugins.module_utils.service_files import read_quickly

KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x" * 40}


def test_a_client_looks_at_the_files_of_its_own_service_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_into: list[str] = []
    monkeypatch.setattr(os, "listdir", lambda path, real=os.listdir: looked_into.append(path) or real(path))
    Cloud(Connection(region="us-east-1", credentials=KEYS)).client("organizations", "us-east-1").get_paginator(
        "list_roots"
    )
    names = {Path(path).name for path in looked_into}
    assert "organizations" in names
    assert not names & {"ec2", "iam", "sts"}


@pytest.mark.parametrize("service", ["ec2", "iam", "organizations", "sts"])
def test_a_client_knows_what_a_plain_one_knows(service: str) -> None:
    ours = Cloud(Connection(region="us-east-1", credentials=KEYS)).client(service, "us-east-1")
    plain = boto3.Session(region_name="us-east-1", **KEYS).client(service)  # type: ignore[call-overload]
    methods = dict(plain.meta.method_to_api_mapping)
    assert dict(ours.meta.method_to_api_mapping) == methods
    assert ours.meta.endpoint_url == plain.meta.endpoint_url
    assert [name for name in methods if ours.can_paginate(name)] == [
        name for name in methods if plain.can_paginate(name)
    ]


def test_a_service_that_there_is_not_is_none() -> None:
    with pytest.raises(botocore.exceptions.UnknownServiceError):
        Cloud(Connection(region="us-east-1", credentials=KEYS)).client("no-such-service", "us-east-1")


@pytest.mark.parametrize(
    ("service", "kind"), [("ec2", "service-2"), ("iam", "paginators-1"), ("sts", "endpoint-rule-set-1")]
)
def test_what_is_read_is_the_same_in_the_same_order(service: str, kind: str) -> None:
    """The order of members is the order in which they are sent."""
    quick, plain = (botocore.session.Session().get_component("data_loader") for _number in range(2))
    read_quickly(quick)
    read, expected = (loader.load_service_model(service, kind) for loader in (quick, plain))
    assert in_order(read) == in_order(expected)


def in_order(value: object) -> object:
    if isinstance(value, dict):
        return [(name, in_order(one)) for name, one in value.items()]
    return [in_order(one) for one in value] if isinstance(value, list) else value


def test_a_kind_of_file_that_a_service_has_not_is_missing() -> None:
    """STS has no waiters."""
    loader = botocore.session.Session().get_component("data_loader")
    read_quickly(loader)
    with pytest.raises(botocore.exceptions.DataNotFoundError):
        loader.load_service_model("sts", "waiters-2")


def test_models_of_ones_own_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """https://docs.aws.amazon.com/botocore/latest/reference/loaders.html"""
    (tmp_path / "own" / "2020-01-01").mkdir(parents=True)
    (tmp_path / "own" / "2020-01-01" / "service-2.json").write_text('{"metadata": {}}', encoding="utf-8")
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    loader = botocore.session.Session().get_component("data_loader")
    read_quickly(loader)
    assert loader.load_service_model("own", "service-2") == {"metadata": {}}

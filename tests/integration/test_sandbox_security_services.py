"""KMS, Secrets Manager, GuardDuty, CloudTrail and what is shared with others: restores change these, and AWS refuses much there."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sandbox_client import Sandbox
from trail_bucket import make_trail_bucket

OTHER = "444455556666"


def refusal(call: Callable[..., Any], *arguments: Any, **parameters: Any) -> str:
    """The code of the error that a call is refused with."""
    with pytest.raises(ClientError) as refused:
        call(*arguments, **parameters)
    return str(refused.value.response["Error"]["Code"])


def last_event(sandbox: Sandbox, name: str) -> Any:
    """What LookupEvents has of the last call of this name."""
    sandbox.control("POST", "/clock", {"advance_s": 1})  # two look-ups a second are answered
    found = sandbox.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}], MaxResults=1
    )
    return json.loads(found["Events"][0]["CloudTrailEvent"])


class TestKeys:
    """https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html"""

    @pytest.fixture
    def kms(self, sandbox: Sandbox) -> Any:
        return sandbox.client("kms")

    @pytest.fixture
    def key(self, kms: Any) -> Any:
        return kms.create_key()["KeyMetadata"]

    def test_whose_deletion_is_cancelled_is_disabled_and_of_no_use_until_enabled(self, kms: Any, key: Any) -> None:
        named = {"KeyId": key["KeyId"]}
        answer = kms.schedule_key_deletion(**named, PendingWindowInDays=7)
        assert (answer["KeyId"], answer["KeyState"]) == (key["Arn"], "PendingDeletion")
        for call, more in ((kms.encrypt, {"Plaintext": b"x"}), (kms.enable_key, {}), (kms.schedule_key_deletion, {})):
            assert refusal(call, **named, **more) == "KMSInvalidStateException"
        kms.put_key_policy(**named, Policy=kms.get_key_policy(**named)["Policy"])
        kms.cancel_key_deletion(**named)
        assert kms.describe_key(**named)["KeyMetadata"]["KeyState"] == "Disabled"
        assert refusal(kms.cancel_key_deletion, **named) == "KMSInvalidStateException"
        assert refusal(kms.encrypt, **named, Plaintext=b"x") == "DisabledException"
        grantee = "arn:aws:iam::444455556666:root"
        assert (
            refusal(kms.create_grant, **named, GranteePrincipal=grantee, Operations=["Decrypt"]) == "DisabledException"
        )
        kms.enable_key(**named)
        sealed = kms.encrypt(**named, Plaintext=b"x")["CiphertextBlob"]
        kms.disable_key(**named)
        assert refusal(kms.decrypt, CiphertextBlob=sealed) == "DisabledException"

    def test_nobody_locks_himself_out_unless_he_says_so(self, kms: Any, key: Any) -> None:
        """https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html"""
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
        given = {"KeyId": key["KeyId"], "Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}
        before = kms.get_key_policy(KeyId=key["KeyId"])["Policy"]
        assert refusal(kms.put_key_policy, **given) == "MalformedPolicyDocumentException"
        assert kms.get_key_policy(KeyId=key["KeyId"])["Policy"] == before
        kms.put_key_policy(**given, BypassPolicyLockoutSafetyCheck=True)
        assert refusal(kms.get_key_policy, KeyId=key["KeyId"]) == "AccessDeniedException"

    def test_a_grant_of_a_name_is_made_once(self, kms: Any, key: Any, sandbox: Sandbox) -> None:
        """https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html"""
        given = {
            "KeyId": key["Arn"], "GranteePrincipal": f"arn:aws:iam::{OTHER}:role/r", "Operations": ["Decrypt"], "Name": "n",
        }  # fmt: skip
        made = kms.create_grant(**given)["GrantId"]
        assert kms.create_grant(**given)["GrantId"] == made
        assert last_event(sandbox, "CreateGrant")["responseElements"] == {"grantId": made, "keyId": key["Arn"]}
        (shown,) = kms.list_grants(KeyId=key["KeyId"])["Grants"]
        assert (shown["GrantId"], shown["KeyId"], shown["Operations"]) == (made, key["Arn"], ["Decrypt"])
        kms.revoke_grant(KeyId=key["KeyId"], GrantId=made)
        assert kms.list_grants(KeyId=key["KeyId"])["Grants"] == []
        assert refusal(kms.revoke_grant, KeyId=key["KeyId"], GrantId=made) == "NotFoundException"

    def test_the_event_of_a_deleted_alias_names_its_key(self, kms: Any, key: Any, sandbox: Sandbox) -> None:
        """https://docs.aws.amazon.com/kms/latest/developerguide/ct-deletealias.html"""
        kms.create_alias(AliasName="alias/a", TargetKeyId=key["KeyId"])
        kms.delete_alias(AliasName="alias/a")
        event = last_event(sandbox, "DeleteAlias")
        assert event["responseElements"] == {"keyId": key["Arn"]}
        assert key["Arn"] in [one["ARN"] for one in event["resources"]]


class TestSecrets:
    """https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html"""

    @pytest.fixture
    def secrets(self, sandbox: Sandbox) -> Any:
        client = sandbox.client("secretsmanager")
        client.create_secret(Name="database", SecretString="first")
        return client

    def test_marked_for_deletion_it_refuses_until_restored(self, secrets: Any) -> None:
        secrets.delete_secret(SecretId="database", RecoveryWindowInDays=7)
        for call, more in (
            (secrets.get_secret_value, {}),
            (secrets.put_secret_value, {"SecretString": "x"}),
            (secrets.put_resource_policy, {"ResourcePolicy": '{"Statement": []}'}),
            (secrets.get_resource_policy, {}),
            (secrets.delete_secret, {}),
        ):
            assert refusal(call, SecretId="database", **more) == "InvalidRequestException"
        assert refusal(secrets.create_secret, Name="database", SecretString="x") == "InvalidRequestException"
        assert secrets.describe_secret(SecretId="database")["DeletedDate"]
        secrets.restore_secret(SecretId="database")
        assert secrets.get_secret_value(SecretId="database")["SecretString"] == "first"

    def test_versions_without_labels_are_not_shown(self, secrets: Any) -> None:
        for text in ("second", "third"):
            secrets.put_secret_value(SecretId="database", SecretString=text)
        stages = secrets.describe_secret(SecretId="database")["VersionIdsToStages"]
        assert sorted(map(str, stages.values())) == ["['AWSCURRENT']", "['AWSPREVIOUS']"]
        assert len(secrets.list_secret_version_ids(SecretId="database")["Versions"]) == 2
        assert len(secrets.list_secret_version_ids(SecretId="database", IncludeDeprecated=True)["Versions"]) == 3
        by_stage = {stage: version for version, (stage,) in stages.items()}
        secrets.update_secret_version_stage(
            SecretId="database", VersionStage="AWSCURRENT", MoveToVersionId=by_stage["AWSPREVIOUS"],
            RemoveFromVersionId=by_stage["AWSCURRENT"],
        )  # fmt: skip
        assert secrets.get_secret_value(SecretId="database")["SecretString"] == "second"

    def test_what_is_no_policy_and_what_lets_everybody_in(self, secrets: Any) -> None:
        named = {"SecretId": "database"}
        assert refusal(secrets.put_resource_policy, **named, ResourcePolicy="{") == "MalformedPolicyDocumentException"
        open_to_all = {"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
        text = json.dumps({"Version": "2012-10-17", "Statement": [open_to_all]})
        refused = refusal(secrets.put_resource_policy, **named, ResourcePolicy=text, BlockPublicPolicy=True)
        assert refused == "PublicPolicyException"
        assert "ResourcePolicy" not in secrets.get_resource_policy(**named)

    def test_a_description_can_be_emptied_and_a_key_named_alone(self, secrets: Any) -> None:
        """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html"""
        secrets.update_secret(SecretId="database", Description="of the shop", KmsKeyId="alias/ours")
        secrets.update_secret(SecretId="database", Description="")
        shown = secrets.describe_secret(SecretId="database")
        assert (shown.get("Description", ""), shown["KmsKeyId"]) == ("", "alias/ours")


class TestDetectors:
    """https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Operations.html"""

    def test_one_for_a_region_and_what_hangs_on_it(self, sandbox: Sandbox) -> None:
        duty = sandbox.client("guardduty")
        (there,) = duty.list_detectors()["DetectorIds"] or [duty.create_detector(Enable=True)["DetectorId"]]
        assert refusal(duty.create_detector, Enable=True) == "BadRequestException"
        named = {"DetectorId": there}
        duty.update_detector(**named, Features=[{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}])
        duty.update_detector(**named, Enable=False)
        shown = duty.get_detector(**named)
        assert (shown["Status"], {"Name": "S3_DATA_EVENTS", "Status": "DISABLED"} in shown["Features"]) == (
            "DISABLED",
            True,
        )
        criteria = {"Criterion": {"type": {"Equals": ["Recon:EC2/PortProbeUnprotectedPort"]}}}
        duty.create_filter(**named, Name="hide", Action="ARCHIVE", FindingCriteria=criteria)
        assert refusal(duty.create_filter, **named, Name="hide", FindingCriteria=criteria) == "BadRequestException"
        duty.update_filter(**named, FilterName="hide", Action="NOOP")
        shown = duty.get_filter(**named, FilterName="hide")
        assert (shown["Action"], shown["Rank"], shown["FindingCriteria"]) == ("NOOP", 1, criteria)
        given = {"Name": "mine", "Format": "TXT", "Location": "https://s3.amazonaws.com/b/k", "Activate": True}
        made = duty.create_ip_set(**named, **given)["IpSetId"]
        assert refusal(duty.create_ip_set, **named, **{**given, "Name": "more"}) == "BadRequestException"
        duty.update_ip_set(**named, IpSetId=made, Activate=False)
        assert duty.get_ip_set(**named, IpSetId=made)["Status"] == "INACTIVE"
        duty.delete_detector(**named)
        for call in (duty.get_detector, duty.delete_detector):
            assert refusal(call, **named) == "BadRequestException"
        duty.create_detector(Enable=True)


class TestTrails:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html"""

    @pytest.fixture
    def trails(self, sandbox: Sandbox) -> Any:
        make_trail_bucket(sandbox.client("s3"), "trail-logs")
        client = sandbox.client("cloudtrail")
        client.create_trail(Name="everything", S3BucketName="trail-logs", IsMultiRegionTrail=True)
        return client

    def test_its_bucket_must_let_it_write(self, trails: Any, sandbox: Sandbox) -> None:
        sandbox.client("s3").create_bucket(Bucket="closed-to-trails")
        given = {"Name": "other", "S3BucketName": "closed-to-trails"}
        assert refusal(trails.create_trail, **given) == "InsufficientS3BucketPolicyException"
        assert refusal(trails.get_trail, Name="other") == "TrailNotFoundException"
        assert refusal(trails.update_trail, **{**given, "Name": "everything"}) == "InsufficientS3BucketPolicyException"
        assert trails.get_trail(Name="everything")["Trail"]["S3BucketName"] == "trail-logs"
        assert (
            refusal(trails.create_trail, Name="none", S3BucketName="no-such-bucket") == "S3BucketDoesNotExistException"
        )

    def test_it_is_changed_at_home_and_seen_everywhere(self, trails: Any, sandbox: Sandbox) -> None:
        arn = trails.get_trail(Name="everything")["Trail"]["TrailARN"]
        abroad = sandbox.session().client("cloudtrail", endpoint_url=sandbox.endpoint_url, region_name="eu-west-1")
        assert abroad.get_trail(Name="everything")["Trail"]["HomeRegion"] == "us-east-1"
        for call in (abroad.stop_logging, abroad.delete_trail, abroad.update_trail):
            assert refusal(call, Name=arn) == "InvalidHomeRegionException"
        trails.start_logging(Name=arn)
        assert abroad.get_trail_status(Name=arn)["IsLogging"]
        trails.delete_trail(Name=arn)
        assert refusal(trails.delete_trail, Name=arn) == "TrailNotFoundException"

    def test_selectors_are_of_one_kind(self, trails: Any, sandbox: Sandbox) -> None:
        """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html"""
        (at_first,) = trails.get_event_selectors(TrailName="everything")["EventSelectors"]
        assert (at_first["ReadWriteType"], at_first["IncludeManagementEvents"]) == ("All", True)
        advanced = [{"Name": "a", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]
        trails.put_event_selectors(TrailName="everything", AdvancedEventSelectors=advanced)
        assert "EventSelectors" not in trails.get_event_selectors(TrailName="everything")
        both = {"AdvancedEventSelectors": advanced, "EventSelectors": [{"ReadWriteType": "ReadOnly"}]}
        assert refusal(trails.put_event_selectors, TrailName="everything", **both) == "InvalidEventSelectorsException"
        trails.put_event_selectors(TrailName="everything", EventSelectors=both["EventSelectors"])
        told = last_event(sandbox, "PutEventSelectors")["responseElements"]
        assert told["trailARN"] == trails.get_trail(Name="everything")["Trail"]["TrailARN"]
        assert "AdvancedEventSelectors" not in trails.get_event_selectors(TrailName="everything")
        assert refusal(trails.get_insight_selectors, TrailName="everything") == "InsightNotEnabledException"


class TestShares:
    """https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html"""

    def test_of_snapshots(self, sandbox: Sandbox) -> None:
        ec2 = sandbox.client("ec2")
        plain, sealed = (
            ec2.create_snapshot(
                VolumeId=ec2.create_volume(Size=1, AvailabilityZone="us-east-1a", Encrypted=encrypted)["VolumeId"]
            )["SnapshotId"]
            for encrypted in (False, True)
        )
        share = ec2.modify_snapshot_attribute
        share(SnapshotId=plain, CreateVolumePermission={"Add": [{"Group": "all"}, {"UserId": OTHER}]})
        share(SnapshotId=plain, Attribute="createVolumePermission", OperationType="remove", GroupNames=["all"])
        shown = ec2.describe_snapshot_attribute(SnapshotId=plain, Attribute="createVolumePermission")
        assert shown["CreateVolumePermissions"] == [{"UserId": OTHER}]
        for who in ({"Group": "all"}, {"UserId": OTHER}):
            assert refusal(share, SnapshotId=sealed, CreateVolumePermission={"Add": [who]}) == "OperationNotPermitted"
        ec2.reset_snapshot_attribute(SnapshotId=plain, Attribute="createVolumePermission")
        shown = ec2.describe_snapshot_attribute(SnapshotId=plain, Attribute="createVolumePermission")
        assert shown["CreateVolumePermissions"] == []

    def test_user_data_is_changed_while_stopped(self, sandbox: Sandbox) -> None:
        """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html#user-data-modify"""
        ec2 = sandbox.client("ec2")
        made = ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, UserData="first")["Instances"][0]
        named = {"InstanceId": made["InstanceId"]}
        assert refusal(ec2.modify_instance_attribute, **named, UserData={"Value": b"x"}) == "IncorrectInstanceState"
        ec2.stop_instances(InstanceIds=[made["InstanceId"]])
        ec2.modify_instance_attribute(**named, UserData={"Value": b"second"})
        shown = ec2.describe_instance_attribute(**named, Attribute="userData")
        assert shown["UserData"]["Value"] == "c2Vjb25k"


class TestBuckets:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html"""

    def test_new_ones_are_private_and_encrypted(self, sandbox: Sandbox) -> None:
        s3 = sandbox.client("s3")
        s3.create_bucket(Bucket="amzn-s3-demo-bucket")
        named = {"Bucket": "amzn-s3-demo-bucket"}
        assert all(s3.get_public_access_block(**named)["PublicAccessBlockConfiguration"].values())
        (rule,) = s3.get_bucket_ownership_controls(**named)["OwnershipControls"]["Rules"]
        assert rule["ObjectOwnership"] == "BucketOwnerEnforced"
        assert refusal(s3.put_bucket_acl, **named, ACL="public-read") == "AccessControlListNotSupported"
        s3.delete_bucket_ownership_controls(**named)
        assert refusal(s3.put_bucket_acl, **named, ACL="public-read") == "AccessDenied"
        s3.delete_public_access_block(**named)
        s3.put_bucket_acl(**named, ACL="public-read")
        sealed = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}
        s3.put_bucket_encryption(**named, ServerSideEncryptionConfiguration=sealed)
        s3.delete_bucket_encryption(**named)
        (rule,) = s3.get_bucket_encryption(**named)["ServerSideEncryptionConfiguration"]["Rules"]
        assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}

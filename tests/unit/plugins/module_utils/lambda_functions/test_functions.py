"""What names a function, and what is refused with the way out."""

from __future__ import annotations

import pytest

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError
from ansible_collections.cordon.aws.plugins.module_utils.lambda_functions.functions import (
    function_of_arn,
    parse_functions,
)

ARN = "arn:aws:lambda:us-east-1:111122223333:function:resize"


@pytest.mark.parametrize(
    ("arn", "place"),
    [
        (ARN, ("aws", "us-east-1", "111122223333", "resize")),
        (
            "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:a-b_C1",
            ("aws-us-gov", "us-gov-west-1", "111122223333", "a-b_C1"),
        ),
        (
            "arn:aws-eusc:lambda:eusc-de-east-1:111122223333:function:resize",
            ("aws-eusc", "eusc-de-east-1", "111122223333", "resize"),
        ),
        (
            "arn:aws-cn:lambda:cn-north-1:111122223333:function:resize",
            ("aws-cn", "cn-north-1", "111122223333", "resize"),
        ),
    ],
)
def test_an_arn_says_where_the_function_is(arn: str, place: tuple[str, str, str, str]) -> None:
    found = function_of_arn(arn)
    assert (found.partition, found.region, found.account, found.name) == place
    assert (found.arn, found.label, found.unique_id) == (arn, f"function/{place[3]}", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{ARN}:live", f"Give {ARN}, which contains all its versions and aliases."),
        (f"{ARN}:$LATEST", f"Give {ARN}, which contains all its versions and aliases."),
        ("resize:12", "Give resize, which contains all its versions and aliases."),
        ("us-east-1.resize", "it is a replica of a function that CloudFront runs"),
        ("arn:aws:lambda:eu-west-1:111122223333:function:us-east-1.resize:3", "it is a replica of a function"),
        ("111122223333:function:resize", "Give a function's name, or its ARN"),
        ("arn:aws:lambda:us-east-1:111122223333:layer:libs", "Give a function's name, or its ARN"),
        ("a" * 65, "Give a function's name, or its ARN"),
        ("", "Give a function's name, or its ARN"),
        ("re size", "Give a function's name, or its ARN"),
        (f"{ARN}\n", "Give a function's name, or its ARN"),
        (12, "Give a function's name, or its ARN"),
    ],
)
def test_what_is_no_whole_function_is_refused_with_what_to_give(text: object, said: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_functions(["resize", text])
    assert "`functions[1]`" in str(refused.value)
    assert said in str(refused.value)


def test_all_faults_are_told_together_and_none_is_a_fault() -> None:
    with pytest.raises(InputError, match=r"functions\[0\].*functions\[2\]"):
        parse_functions(["a b", "resize", "c d"])
    with pytest.raises(InputError, match="empty list"):
        parse_functions([])
    assert parse_functions([ARN, "resize", ARN]) == (ARN, "resize", ARN)


@pytest.mark.parametrize("arn", [f"{ARN}:live", "arn:aws:s3:::resize", "resize", ""])
def test_a_log_names_functions_by_their_arns_alone(arn: str) -> None:
    with pytest.raises(InputError, match="not the ARN of a function"):
        function_of_arn(arn)

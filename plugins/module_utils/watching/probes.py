# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks AWS itself what a contained principal may still do: the policy simulator, over actions that attackers want.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html"""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.module_utils.iam.principals import IamPrincipal, iam_call
from ansible_collections.cordon.aws.plugins.module_utils.measure import Fact
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads

PERMISSION = "iam:SimulatePrincipalPolicy"
ACTIONS = (
    "ec2:RunInstances",
    "iam:CreateAccessKey",
    "kms:Decrypt",
    "lambda:InvokeFunction",
    "s3:GetObject",
    "s3:ListAllMyBuckets",
    "secretsmanager:GetSecretValue",
    "sts:AssumeRole",
)
KINDS = frozenset({"user", "role", "session"})


def probe(reads: Reads, target: IamPrincipal) -> Fact:
    """Whether each of ACTIONS is denied explicitly. Raises AwsError where AWS does not say."""
    given: dict[str, Json] = {"PolicySourceArn": target.arn, "ActionNames": list(ACTIONS)}
    if target.kind != "user":
        given["PolicySourceArn"] = reads.read(target.call("GetRole"))["Role"]["Arn"]
        # A role acts in sessions, whose id the simulator does not fill in.
        user_id = target.user_id.replace(":*", ":any")
        given["ContextEntries"] = [
            {"ContextKeyName": "aws:userid", "ContextKeyValues": [user_id], "ContextKeyType": "string"}
        ]
    ask = iam_call(target.account, target.partition, "SimulatePrincipalPolicy", **given)
    answers = reads.pages(ask, "EvaluationResults")
    denied = {answer["EvalActionName"] for answer in answers if answer["EvalDecision"] == "explicitDeny"}
    allowed = [action for action in ACTIONS if action not in denied]
    if allowed:
        return Fact(
            measure="simulation", fact=f"AWS's policy simulator does not deny {', '.join(allowed)}", holds=False
        )
    return Fact(
        measure="simulation",
        fact=f"AWS's policy simulator denies {len(ACTIONS)} of {len(ACTIONS)} probe actions",
        holds=True,
    )

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which principals a finding asks to contain, and what to say where it asks for something else. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.cordon.aws.plugins.module_utils.errors import InputError, RefusedError
from ansible_collections.cordon.aws.plugins.module_utils.plan import Json


def finding_principals(finding: Mapping[str, Json]) -> list[str]:
    """The IAM users that `finding` (as `finding_targets` gives it) is about, ready for `iam_principal_containment`.

    A long-term key names its owner exactly, so it is preferred to a user's ARN, which a finding may tell without its path.
    Raises RefusedError for a sample, and InputError, saying what a human can do, for a finding about anything else.
    """
    tried = f"respond to finding {finding['finding_id']} ({finding['finding_type']})"
    if finding["sample"]:
        raise RefusedError(
            tried, "it is a sample, and what it names does not exist", "Nothing was done, and nothing is to be done."
        )
    targets = finding["targets"]
    keys = [target["id"] for target in targets if target["kind"] == "access_key" and target["id"].startswith("AKIA")]
    users = [target["arn"] for target in targets if target["kind"] == "user" and target["arn"]]
    if keys or users:
        return list(dict.fromkeys(keys or users))
    named = ", ".join(f"{target['kind']} {target['id']}" for target in targets) or "nothing"
    raise InputError(
        tried,
        f"it names {named}, and this version contains IAM users only",
        "Decide by hand; if an IAM user of yours is behind it, contain that one: "
        "ansible-playbook playbooks/respond_to_leaked_key.yml -e access_key_ids=AKIA...",
    )

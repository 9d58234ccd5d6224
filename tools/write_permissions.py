"""Writes docs/permissions.md: what a responder must be allowed, by module, as the measures themselves say it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from ansible_collections.cordon.aws.plugins.module_utils import batched_reads
from ansible_collections.cordon.aws.plugins.module_utils.measure import Measure
from ansible_collections.cordon.aws.plugins.module_utils.targets.catalogue import MEASURES, RESTORED
from ansible_collections.cordon.aws.plugins.module_utils.watching import pursuit

PAGE = Path(__file__).resolve().parent.parent / "docs" / "permissions.md"
_HEAD = """# Permissions

Written by `make permissions` from what the measures say of themselves.

The responder needs `sts:AssumeRole` on the role that it works as in each account, and `sts:GetAccessKeyInfo` where keys are named. That
role needs, in its account, what stands here for the modules that are used; service control policies (`organizations:`) are written with the
responder's own credentials, of the management account or a delegated administrator. Releasing needs what containing does. `power: keep` and
`dns: report`, the defaults, need of what stands for these measures only what describes instances and network interfaces.
`ansible-doc cordon.aws.iam_credential_info` and `ansible-doc -t inventory cordon.aws.organization` name what these read.

| module | measure | permissions |
| --- | --- | --- |
"""
_BESIDES: Mapping[str, Mapping[str, Iterable[str]]] = {
    "iam_principal_containment": {
        "finding principals": ("iam:GetAccessKeyLastUsed", *batched_reads.PERMISSIONS),
        "watching": pursuit.PERMISSIONS,
    },
    "organizations_account_containment": {"finding accounts": ("organizations:DescribeAccount",)},
    "lambda_function_containment": {"finding functions": ("lambda:GetFunctionConfiguration",)},
    "s3_bucket_containment": {"finding buckets": ("s3:GetBucketLocation",)},
}
"""What modules ask besides their measures."""


def page() -> str:
    """The whole text."""
    return _HEAD + "".join(
        f"| `{module}` | {what} | {', '.join(f'`{name}`' for name in sorted(set(names)))} |\n"
        for module, measures in {**MEASURES, "cloudtrail_restore": (RESTORED,)}.items()
        for what, names in {**_BESIDES.get(module, {}), **_of(measures)}.items()
    )


def _of(measures: Iterable[Measure]) -> dict[str, Iterable[str]]:
    return {f"`{measure.NAME}`": measure.PERMISSIONS for measure in measures if measure.PERMISSIONS}


def main() -> int:
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.parent.name}/{PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

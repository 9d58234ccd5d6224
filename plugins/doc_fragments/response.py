# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that the response modules share: where the case is, whose credentials are used, and the safeguards."""

from __future__ import annotations


class ModuleDocFragment:
    CASE = r"""
options:
  case_id:
    description:
      - The case that this is written down in.
      - 1 to 128 letters, digits, dots, hyphens and underscores, the first one a letter or digit.
    type: str
  case_store:
    description:
      - Where the cases are. A local directory, or C(s3://bucket/prefix).
      - A relative directory is taken from the playbook's folder, where modules run; P(cordon.aws.case_store#filter), which the
        roles use, takes it from where C(ansible-playbook) was started.
    type: str
    default: cases
  assume_role_arn:
    description:
      - A role to assume first, with the given credentials; everything else is done as this role.
    type: str
  assume_role_name:
    description:
      - The name of the role to assume in every account other than that of the credentials.
    type: str
    default: OrganizationAccountAccessRole
requirements:
  - python >= 3.11
  - jsonschema
  - rfc8785
  - python-ulid
"""

    RUN = r"""
options:
  approved_plan:
    description:
      - The RV(plan_id) that was approved. Any other plan is refused before the first change.
      - A plan that a safeguard refuses is carried out if exactly it was approved.
    type: str
  max_targets:
    description:
      - Refuse a plan that changes more targets than this, unless exactly it was approved. Unlimited if unset.
    type: int
"""

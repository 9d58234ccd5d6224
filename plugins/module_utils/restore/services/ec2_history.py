# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS Config recorded of instances and interfaces before a time: their configuration, in the names of EC2's answers.
https://docs.aws.amazon.com/config/latest/developerguide/resource-config-reference.html"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ansible_collections.cordon.aws.plugins.module_utils.plan import Json
from ansible_collections.cordon.aws.plugins.module_utils.reads import Reads
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Facet
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.config_history import item_before
from ansible_collections.cordon.aws.plugins.module_utils.restore.services.parts import document

_TYPES: Mapping[str, str] = {"i": "AWS::EC2::Instance", "eni": "AWS::EC2::NetworkInterface"}


def configured(reads: Reads, facet: Facet, time: datetime) -> Mapping[str, Json] | None:
    """The configuration of what the facet's first name names; None where nothing was recorded of it."""
    item = item_before(reads, facet, _TYPES[facet.names[0].partition("-")[0]], time)
    return None if item is None else document(item.get("configuration"))

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A case store's directory, seen from where ansible-playbook was started; modules run elsewhere, in the playbook's folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def case_store(store: object) -> str:
    """`store` with a relative directory made absolute. A bucket, and what the modules will refuse, stays as it is."""
    text = str(store)
    if "://" in text or not text.strip() or "\0" in text:
        return text
    return str(Path.cwd() / Path(text).expanduser())


class FilterModule:
    """Ansible's way of finding filters."""

    def filters(self) -> dict[str, Callable[..., object]]:
        return {"case_store": case_store}

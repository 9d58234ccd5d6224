# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Strangers' texts made fit to be returned: what is handed on as a variable may be templated by Ansible. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

_UNFIT = re.compile(r"[^A-Za-z0-9 _.:/@=+,;()\[\]*?&!|~^-]")

_UNFIT_IN_SENTENCES = re.compile(r"""[^A-Za-z0-9 _.:/@=+,;()\[\]*?&!|~^'"`-]""")


@lru_cache(maxsize=10_000)
def plain(text: str, most: int = 300) -> str:
    """`text` in characters that neither templates, shells nor screens take for anything; others become "?", as what is cut off does."""
    shown = _UNFIT.sub("?", text)
    return shown if len(shown) <= most else f"{shown[: most - 1]}?"


def sentence(text: str, most: int = 400) -> str:
    """The same for sentences of our own that may repeat such a text: quotation marks stay."""
    shown = _UNFIT_IN_SENTENCES.sub("?", text)
    return shown if len(shown) <= most else f"{shown[: most - 1]}?"

# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Text of strangers (names in AWS, what a log holds) as text for a terminal: it can neither act there nor begin a line. Pure."""

from __future__ import annotations

import re

# What can move the cursor, hide text or reorder it: control characters, those for direction and width, separators.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_BREAKS = re.compile(r"\s*[^\S ]\s*")


def visible(text: str) -> str:
    """`text` with its control characters spelled out, such as \\x1b; line feeds and tabs stay."""
    return _CONTROLS.sub(lambda found: ascii(found[0])[1:-1], text)


def one_line(text: str) -> str:
    """`text` as one line, its indent kept: what stands in two lines would pass for two."""
    rest = text.lstrip(" ")
    return f"{text[: len(text) - len(rest)]}{visible(_BREAKS.sub(' ', rest)).rstrip()}"

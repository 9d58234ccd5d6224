# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of files and keys, which may hold anything, as text for messages. Pure."""

from __future__ import annotations

LONGEST = 1024


def printable(text: str) -> str:
    """`text` in printable ASCII, everything else spelled out: it can neither act on a terminal nor begin a line."""
    shown = text if text.isascii() and text.isprintable() else ascii(text)[1:-1]
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}..."

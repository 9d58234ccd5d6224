"""Progress on a terminal is one line that leaves nothing behind; elsewhere it is a line now and then."""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.plugin_utils.shown_progress import ShownProgress


class Screen:
    """What Ansible's Display would be given."""

    columns = 40

    def __init__(self) -> None:
        self.given: list[tuple[str, bool, bool]] = []

    def display(self, msg: str, *, screen_only: bool = False, newline: bool = True) -> None:
        self.given.append((msg, screen_only, newline))


def shown(rewrites: bool) -> tuple[ShownProgress, Screen, list[float]]:
    now, screen = [0.0], Screen()
    return ShownProgress(screen, rewrites=rewrites, clock=lambda: now[0]), screen, now


def test_on_a_terminal_the_newest_line_is_rewritten_and_at_last_cleared() -> None:
    progress, screen, now = shown(rewrites=True)
    now[0] = 1.0
    progress.take(b"1 file\n2 files\n")
    progress.end()
    assert screen.given == [("\r\x1b[K  … 2 files\r", True, False), ("\r\x1b[K\r", True, False)]


def test_a_line_never_wraps() -> None:
    progress, screen, now = shown(rewrites=True)
    now[0] = 1.0
    progress.take(b"x" * 200 + b"\n")
    (written, _screen_only, _newline) = screen.given[0]
    assert len(written.replace("\r", "").replace("\x1b[K", "")) == 39


def test_without_a_terminal_a_line_is_added_now_and_then() -> None:
    progress, screen, now = shown(rewrites=False)
    for second in range(1, 31):
        now[0] = float(second)
        progress.take(f"{second} files\n".encode())
    progress.end()
    assert screen.given == [(f"  … {second} files", False, True) for second in (10, 20, 30)]


def test_a_short_task_shows_nothing() -> None:
    progress, screen, now = shown(rewrites=False)
    now[0] = 1.0
    progress.take(b"1 file\n")
    progress.end()
    assert screen.given == []


def test_what_arrives_in_pieces_is_one_line_and_cannot_act_on_the_terminal() -> None:
    progress, screen, now = shown(rewrites=False)
    now[0] = 10.0
    progress.take(b"half")
    progress.take(b" a line \x1b[2J\xff\n")
    assert len(screen.given) == 1
    assert "half a line" in screen.given[0][0]
    assert "\x1b" not in screen.given[0][0]

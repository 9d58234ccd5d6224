"""python -m sandbox start --state-dir DIR [--port 0] [--accounts 3] [--scenario NAME]..."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from sandbox import upstream

upstream.prepare()


def main(arguments: list[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    from sandbox import scenarios, server, statefiles
    from sandbox.world import World

    unknown = [name for name in given.scenario if name not in scenarios.PLANTS]
    if unknown:
        print(
            f"sandbox: there is no scenario {unknown[0]!r}; known are {', '.join(sorted(scenarios.PLANTS))}",
            file=sys.stderr,
        )
        return 2
    world = World(given.accounts, given.scenario)
    try:
        running = server.serve(world, given.port)
    except OSError as error:
        why = str(error).replace("\n", " ")
        print(
            f"sandbox: cannot listen on 127.0.0.1:{given.port}: {why}; choose another --port, or 0 for a free one",
            file=sys.stderr,
        )
        return 1
    try:
        statefiles.write(given.state_dir, world, running.bind_addr[1])
    except OSError as error:
        running.stop()  # or its threads would keep this process alive
        print(f"sandbox: cannot write to {given.state_dir}: {error}; choose another --state-dir", file=sys.stderr)
        return 1

    def stop() -> None:
        world.end()
        running.stop()

    # stop() waits for the threads, which a signal handler must not do.
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: threading.Thread(target=stop).start())
    print(f"sandbox ready: http://127.0.0.1:{running.bind_addr[1]}, source {given.state_dir}/env", flush=True)
    running.serve()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A local AWS to respond in.")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start", help="run in the foreground until SIGTERM")
    start.add_argument("--state-dir", type=Path, required=True, help="where env and sandbox.json are written")
    start.add_argument("--port", type=_number(0, 65535), default=0, help="0 takes a free one")
    start.add_argument("--accounts", type=_number(1, 10_000), default=3, help="how many member accounts")
    start.add_argument(
        "--scenario", action="append", default=[], metavar="NAME", help="plant this, too; can be given several times"
    )
    return parser


def _number(least: int, most: int) -> Any:
    def number(text: str) -> int:
        value = int(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"must be from {least} to {most}")
        return value

    return number


if __name__ == "__main__":
    sys.exit(main())

"""One search of a trail, as a process of its own: prints what it found, and the seconds of processor time and bytes of memory it took.

    python search_trail.py ours|isal|duckdb FOLDER

`ours` follows the seed's key by the rule of the session graph. `isal` only unpacks all files, on all cores. `duckdb` looks for the
records of the seed's key, and for nobody who descends from it."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import threading
from pathlib import Path

import psutil

sys.path[:0] = [str(Path(__file__).parents[2] / "collections"), str(Path(__file__).parent)]

SEED_KEY = "AKIAZZATTACKER000001"


def ours(folder: str) -> dict[str, int]:
    from ansible_collections.cordon.aws.plugins.module_utils.trail.event_log import Span, Word
    from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.folder import Folder
    from ansible_collections.cordon.aws.plugins.module_utils.trail.file_log.log import FileLog
    from ansible_collections.cordon.aws.plugins.module_utils.trail.graph import senses
    from ansible_collections.cordon.aws.plugins.module_utils.trail.graph.rule import SessionRule

    log = FileLog(Folder(folder))
    seeds = [Word(SEED_KEY, senses.KEY)]
    found = sum(1 for _event in log.follow(seeds, SessionRule(), Span(), lambda progress: None))
    return {"found": found, "read": log.read, "gaps": len(log.gaps())}


def _unpack(files: list[Path]) -> int:
    from isal.igzip_lib import DECOMP_GZIP, IgzipDecompressor

    size = 0
    for file in files:
        packed = file.read_bytes()
        size += len(IgzipDecompressor(flag=DECOMP_GZIP).decompress(packed, int.from_bytes(packed[-4:], "little") + 1))
    return size


def isal(folder: str) -> dict[str, int]:
    files = sorted(Path(folder).rglob("*.gz"))
    cores = len(os.sched_getaffinity(0))
    with multiprocessing.get_context("fork").Pool(cores) as pool:
        return {"size": sum(pool.map(_unpack, [files[number::cores] for number in range(cores)]))}


def duckdb(folder: str) -> dict[str, int]:
    import duckdb as engine

    database = engine.connect()
    database.execute(
        f"SET threads = {len(os.sched_getaffinity(0))}; SET memory_limit = '4GB'; SET preserve_insertion_order = false"
    )
    (found,) = database.execute(
        "SELECT count(*) FROM (SELECT unnest(Records) AS record FROM read_json(?, columns = {Records: 'JSON[]'}, "
        "maximum_object_size = 268435456)) WHERE record->>'$.userIdentity.accessKeyId' = ?",
        [f"{folder}/**/*.gz", SEED_KEY],
    ).fetchone() or (0,)
    return {"found": found}


class Peak:
    """The most memory that this process and its children had at once, what they share counted once."""

    def __init__(self) -> None:
        self.bytes = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        root = psutil.Process()
        while not self._ended.wait(0.1):
            used = 0
            for one in (root, *root.children()):
                try:
                    used += one.memory_full_info().pss
                except psutil.Error:
                    continue
            self.bytes = max(self.bytes, used)

    def stop(self) -> int:
        self._ended.set()
        self._thread.join()
        return self.bytes


if __name__ == "__main__":
    searches = {"ours": ours, "isal": isal, "duckdb": duckdb}
    peak = Peak() if sys.argv[3:] == ["memory"] else None
    result = searches[sys.argv[1]](sys.argv[2])
    result["memory"] = peak.stop() if peak else 0
    print(json.dumps(result))

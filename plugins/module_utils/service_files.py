# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds and reads botocore's files about a service in less time, which is most of what the first client of a process takes. botocore means
loaders to be replaced by faster ones: https://docs.aws.amazon.com/botocore/latest/reference/loaders.html"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any


class _PlainFiles:
    """In the place of botocore's JSONFileLoader, which makes an OrderedDict of each object. A dict keeps its order as well."""

    def exists(self, path: str) -> bool:
        return Path(f"{path}.json").is_file() or Path(f"{path}.json.gz").is_file()

    def load_file(self, path: str) -> Any:
        """What is in the file; None where there is none."""
        plain, packed = Path(f"{path}.json"), Path(f"{path}.json.gz")
        if plain.is_file():
            return json.loads(plain.read_bytes())
        return json.loads(gzip.decompress(packed.read_bytes())) if packed.is_file() else None


def read_quickly(loader: Any) -> None:
    """Changes a botocore Loader, which by itself first goes through the files of all services, once for each kind of file."""
    known = [one.name for path in map(Path, loader.search_paths) if path.is_dir() for one in path.iterdir()]
    loader.list_available_services = lambda _kind: known
    loader.file_loader = _PlainFiles()

"""The house rules that a machine can check: what is there is documented, listed where it must be, and shipped or not on purpose."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.cordon.aws.plugins.module_utils.targets.catalogue import MEASURES
from tools import write_coverage, write_permissions

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(sys.executable).parent
SHIPPED = {
    "CHANGELOG.rst",
    "FILES.json",
    "LICENSE",
    "MANIFEST.json",
    "README.md",
    "changelogs",
    "docs",
    "extensions",
    "meta",
    "playbooks",
    "plugins",
    "requirements.txt",
    "requirements.yml",
    "roles",
    "schemas",
}
"""What may stand at the top of the built collection, besides tests/config.yml. Anything else is either added here or to build_ignore."""

ROLES = sorted(path.parent for path in ROOT.glob("roles/*/tasks"))
PLAYBOOKS = sorted(ROOT.glob("playbooks/*.yml"))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def run(program: str, *arguments: str) -> str:
    environment = os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    done = subprocess.run(
        [SCRIPTS / program, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def modules() -> dict[str, dict[str, Any]]:
    """Each module's documentation, its fragments merged in."""
    pages = json.loads(run("ansible-doc", "--metadata-dump", "--no-fail-on-errors", "cordon.aws"))["all"]["module"]
    undocumented = sorted(name for name, page in pages.items() if "doc" not in page)
    assert not undocumented, f"ansible-doc cannot read {undocumented}: {pages[undocumented[0]]['error']}"
    return {name.rpartition(".")[2]: page["doc"] for name, page in pages.items()}


@pytest.fixture(scope="module")
def people_read() -> str:
    """README and docs/ as one text."""
    return "\n".join(
        path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
    )


def test_ansible_finds_every_module_in_a_plain_checkout(modules: dict[str, dict[str, Any]]) -> None:
    assert set(modules) == {path.stem for path in ROOT.glob("plugins/modules/*.py")}


def test_every_module_says_what_it_supports(modules: dict[str, dict[str, Any]]) -> None:
    wanted = {"action_group", "check_mode", "diff_mode"}
    lacking = {name: sorted(wanted - set(page.get("attributes") or {})) for name, page in modules.items()}
    assert not {name: missing for name, missing in lacking.items() if missing}


def test_the_action_group_holds_the_modules_that_say_so(modules: dict[str, dict[str, Any]]) -> None:
    members = {
        name
        for name, page in modules.items()
        if "cordon.aws.response" in page["attributes"]["action_group"]["membership"]
    }
    assert set(loaded(ROOT / "meta/runtime.yml")["action_groups"]["response"]) == members


def test_every_module_that_writes_into_a_case_is_in_the_action_group(modules: dict[str, dict[str, Any]]) -> None:
    assert {name for name, page in modules.items() if "case_store" in page.get("options", {})} == set(
        loaded(ROOT / "meta/runtime.yml")["action_groups"]["response"]
    )


def test_every_module_and_playbook_is_known_to_readers(modules: dict[str, dict[str, Any]], people_read: str) -> None:
    names = [*modules, *(path.name for path in PLAYBOOKS)]
    assert not [name for name in names if not re.search(rf"(`|/|cordon\.aws\.){re.escape(name)}\b", people_read)]


@pytest.mark.parametrize("role", ROLES, ids=named)
def test_every_entry_point_of_a_role_has_its_arguments_checked(role: Path) -> None:
    entries = {path.stem for path in (role / "tasks").glob("*.yml") if not path.stem.startswith("_")}
    assert set(loaded(role / "meta/argument_specs.yml")["argument_specs"]) == entries


@pytest.mark.parametrize("role", ROLES, ids=named)
def test_every_default_of_a_role_is_one_of_its_arguments(role: Path) -> None:
    specs = loaded(role / "meta/argument_specs.yml")["argument_specs"].values()
    arguments = {name for spec in specs for name in spec.get("options", {})}
    defaults = role / "defaults/main.yml"
    assert set(loaded(defaults) or {} if defaults.exists() else {}) <= arguments


@pytest.mark.parametrize("role", ROLES, ids=named)
def test_variables_of_a_role_start_with_its_name_or_are_shared_on_purpose(role: Path) -> None:
    """ansible-lint knows no exception for what roles hand to each other, which starts with `cordon_`."""
    specs = loaded(role / "meta/argument_specs.yml")["argument_specs"].values()
    variables = {name for spec in specs for name in spec.get("options", {})}
    for path in sorted((role / "tasks").glob("*.yml")):
        for task in tasks_of(loaded(path)):
            variables |= set(task.get("ansible.builtin.set_fact", {})) | {task.get("register", role.name)}
    assert not [name for name in sorted(variables) if not name.startswith((role.name, "cordon_"))]


def tasks_of(tasks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for task in tasks:
        yield task
        for part in ("block", "rescue", "always"):
            yield from tasks_of(task.get(part, []))


UTILS = "ansible_collections.cordon.aws.plugins.module_utils."
# What each room of module_utils may import of the others: data flows one way (docs/design.md). Leaves are open to all.
LEAVES = {"plan", "errors", "aws_errors", "pace", "parallel", "telling", "times"}
MAY_IMPORT = {
    "service_files": set(),
    "cloud": LEAVES | {"service_files"},
    "batched_reads": LEAVES | {"cloud"},
    "asked_together": LEAVES | {"cloud"},
    "reads": LEAVES | {"asked_together", "batched_reads", "cloud"},
    "measure": LEAVES | {"reads"},
    # What is known of a service of AWS, whoever asks: a room each.
    "iam": LEAVES | {"iam", "reads", "trail"},
    "ec2": LEAVES | {"asked_together", "cloud", "ec2", "iam", "reads"},
    "organizations": LEAVES | {"cloud", "iam", "organizations", "reads"},
    "trail": LEAVES | {"cloud", "iam", "reads", "trail"},
    "s3": LEAVES | {"reads", "s3"},
    "lambda_functions": LEAVES | {"cloud", "iam", "lambda_functions", "reads"},
    "rds": LEAVES | {"asked_together", "cloud", "ec2", "rds", "reads"},
    # What an attacker changed, and what undoes it: the catalogue of inverses, and the plan made from a trail.
    "restore": LEAVES | {"ec2", "iam", "measure", "reads", "restore", "trail"},
    "measures": LEAVES | {"ec2", "iam", "lambda_functions", "measure", "organizations", "rds", "reads", "s3"},
    "targets": LEAVES
    | {
        "ec2",
        "iam",
        "lambda_functions",
        "measure",
        "measures",
        "organizations",
        "rds",
        "reads",
        "restore",
        "s3",
        "targets",
    },
    "containment": LEAVES | {"measure", "reads"},
    "history": LEAVES,
    "release": LEAVES | {"history", "measure", "outliving", "reads"},
    "outliving": LEAVES | {"ec2", "reads"},
    "schemas": LEAVES,
    # What credentials can do is a room of its own, too: it reads by itself, and knows neither measures nor cases.
    "credential": LEAVES | {"cloud", "credential", "iam", "organizations", "reads"},
    # Reading a finding is a room of its own: it knows values and errors, and its own files.
    "findings": LEAVES | {"findings"},
    "case_store": LEAVES,
    "case_check": LEAVES | {"schemas"},
    "case": LEAVES | {"case_check", "case_store", "schemas"},
    "target_run": LEAVES | {"measure"},
    "carrying_out": LEAVES | {"cloud", "measure", "reads", "target_run"},
    "safeguards": LEAVES | {"cloud", "measure"},
    "merging": LEAVES | {"cloud", "ec2", "lambda_functions", "organizations", "rds"},
    "engine": LEAVES | {"carrying_out", "cloud", "measure", "reads", "safeguards", "target_run"},
    # What a run is watched by, and what it follows: beside the engine, which knows neither.
    "watching": LEAVES
    | {"cloud", "engine", "iam", "measure", "organizations", "reads", "target_run", "targets", "trail", "watching"},
    "principal_containment": LEAVES
    | {"cloud", "containment", "measure", "measures", "organizations", "targets", "watching"},
    "instance_containment": LEAVES | {"containment", "ec2", "measure", "measures", "targets"},
    "journal": LEAVES | {"case", "history", "measure", "other_cases", "release", "report"},
    "on_record": LEAVES | {"case", "case_store", "history"},
    "other_cases": LEAVES | {"case", "case_store", "report"},
    "response": LEAVES
    | {"case", "case_store", "cloud", "engine", "journal", "measure", "merging", "reads", "safeguards", "target_run"},
    "report": LEAVES | {"history", "report"},
}


def imported(path: Path) -> set[str]:
    """The rooms of module_utils that a file imports: `measures` for each of its files."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = (
                [f"{node.module}.{alias.name}" for alias in node.names] if f"{node.module}." == UTILS else [node.module]
            )
            found |= {name.removeprefix(UTILS).split(".")[0] for name in names if name.startswith(UTILS)}
    return found


@pytest.mark.parametrize("path", sorted(ROOT.glob("plugins/module_utils/**/*.py")), ids=named)
def test_imports_go_one_way(path: Path) -> None:
    room = path.relative_to(ROOT / "plugins/module_utils").parts[0].removesuffix(".py")
    if path.name == "__init__.py":
        return
    assert imported(path) <= (LEAVES if room in LEAVES else MAY_IMPORT[room])


def test_no_module_util_imports_a_module() -> None:
    for path in sorted(ROOT.glob("plugins/module_utils/**/*.py")):
        assert "plugins.modules" not in path.read_text(encoding="utf-8"), named(path)


def test_the_page_of_permissions_is_what_the_measures_say() -> None:
    assert (ROOT / "docs/permissions.md").read_text(encoding="utf-8") == write_permissions.page(), "make permissions"


def test_the_page_on_restoring_is_what_the_catalogue_says() -> None:
    assert (ROOT / "docs/restore-coverage.md").read_text(encoding="utf-8") == write_coverage.page(), "make coverage"


def test_every_module_with_measures_is_on_the_page_of_permissions() -> None:
    assert set(MEASURES) == {path.stem for path in ROOT.glob("plugins/modules/*_containment.py")}


def test_only_cloud_imports_boto3() -> None:
    importing = [
        named(path)
        for path in sorted(ROOT.glob("plugins/**/*.py"))
        if re.search(r"^\s*(import|from) boto3\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert importing == ["plugins/module_utils/cloud.py"]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_a_dependency_has_a_lower_bound_and_is_wanted_for_something(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    bounded = re.compile(r"[\w.-]+(\[[\w,]+\])?>=[\d.]+ +# \S.*")
    assert wanted
    assert not [line for line in wanted if not bounded.fullmatch(line)]


def test_what_is_built_is_for_users_only(tmp_path: Path) -> None:
    run("ansible-galaxy", "collection", "build", "--output-path", str(tmp_path))
    (artifact,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(artifact) as archive:
        files = {member.name for member in archive if not member.isdir()}
    modules = {named(path) for path in ROOT.glob("plugins/modules/*.py")}
    assert modules, "there are no modules"
    assert modules <= files
    assert {name for name in files if name.startswith("tests/")} == {"tests/config.yml"}
    assert {name.partition("/")[0] for name in files} - {"tests"} <= SHIPPED
    assert not [
        name for name in files if Path(name).suffix not in {"", ".json", ".md", ".py", ".rst", ".txt", ".yaml", ".yml"}
    ]


def test_decisions_are_numbered_and_titled() -> None:
    for number, path in enumerate(sorted(ROOT.glob("docs/decisions/*")), start=1):
        assert re.fullmatch(rf"{number:04}-[a-z0-9]+(-[a-z0-9]+)*\.md", path.name), (
            f"{path.name}: the next free number is {number:04}"
        )
        assert re.match(r"# \S", path.read_text(encoding="utf-8")), f"{path.name} starts with its title"

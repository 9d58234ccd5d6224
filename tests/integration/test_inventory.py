"""The accounts of an organization as hosts: ansible-inventory and plays over it, against the sandbox."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sandbox_client import ROOT, Sandbox, environment

BIN = Path(sys.executable).parent
PLUGIN = ROOT / "plugins" / "inventory" / "organization.py"
TEMPLATE = ROOT / "inventories" / "organization"
HOSTILE = "{{ lookup('ansible.builtin.pipe', 'touch %s') }}"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """500 accounts in 12 units, besides the three that every sandbox has."""
    running = Sandbox(tmp_path_factory.mktemp("large") / "state", "--scenario", "large-organization")
    yield running
    assert running.stop() == 0


class Listed:
    """What `ansible-inventory --list` printed."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.status, self.told = done.returncode, done.stderr
        self.found = json.loads(done.stdout) if done.stdout.strip().startswith("{") else {}
        self.hosts: dict[str, Any] = plain(self.found.get("_meta", {}).get("hostvars", {}))

    def group(self, name: str) -> set[str]:
        """All hosts of a group, those of its children included."""
        there = self.found.get(name, {})
        return set(there.get("hosts", ())).union(*(self.group(child) for child in there.get("children", ())))


def plain(value: Any) -> Any:
    """Without Ansible's mark of text that is no template."""
    if isinstance(value, dict):
        return (
            value["__ansible_unsafe"] if set(value) == {"__ansible_unsafe"} else {k: plain(v) for k, v in value.items()}
        )
    return [plain(one) for one in value] if isinstance(value, list) else value


def run(sandbox: Sandbox, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    env = environment(sandbox) | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"} | more
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def listed(sandbox: Sandbox, folder: Path, *, keys: dict[str, str] | None = None, **options: Any) -> Listed:
    """The inventory with these options; read with these keys instead of the responder's."""
    path = folder / "organization.yml"
    path.write_text(yaml.safe_dump({"plugin": "cordon.aws.organization", **options}), encoding="utf-8")
    return Listed(run(sandbox, "ansible-inventory", "-i", str(path), "--list", **(keys or {})))


def of_member(sandbox: Sandbox, account: str) -> dict[str, str]:
    given = sandbox.in_account(account).get_credentials()
    return {
        "AWS_ACCESS_KEY_ID": given.access_key,
        "AWS_SECRET_ACCESS_KEY": given.secret_key,
        "AWS_SESSION_TOKEN": given.token,
    }


class TestWhatIsListed:
    def test_the_template_lists_every_active_account_from_the_environment_alone(self, sandbox: Sandbox) -> None:
        found = Listed(run(sandbox, "ansible-inventory", "-i", str(TEMPLATE), "--list"))
        assert (found.status, found.told) == (0, "")
        assert {one["account_id"] for one in found.hosts.values()} == {sandbox.management, *sandbox.members}
        first = found.hosts["workload-1"]
        assert first["cordon_connection"] == {"assume_role_name": "OrganizationAccountAccessRole"}
        assert (first["ansible_connection"], first["ou_path"]) == ("local", "workloads")
        assert found.group("management_account") == {"master"}

    def test_an_account_that_is_called_like_a_group_of_another_source_is_a_host(
        self, sandbox: Sandbox, tmp_path: Path
    ) -> None:
        (tmp_path / "first.ini").write_text("[workload-1]\nsomebody\n", encoding="utf-8")
        (tmp_path / "second.organization.yml").write_text("plugin: cordon.aws.organization\n", encoding="utf-8")
        found = Listed(run(sandbox, "ansible-inventory", "-i", str(tmp_path), "--list"))
        assert found.hosts["workload-1"]["account_name"] == "workload-1"
        assert "account_name" not in found.hosts.get("somebody", {})
        assert "workload-1" in found.group("ou_workloads")
        assert "somebody" not in found.group("ou_workloads")

    def test_five_hundred_accounts_with_tags_take_a_call_for_each_page(self, large: Sandbox, tmp_path: Path) -> None:
        """15 parents: a call for the units of each, and 3 pages of accounts for the 12 that hold 41 or 42; the root, `security` and
        `workloads` one; 480 tagged accounts are 5 pages of a hundred."""
        large.control("DELETE", "/calls")
        found = listed(large, tmp_path)
        assert large.calls() == {
            "organizations:ListRoots": 1,
            "organizations:ListOrganizationalUnitsForParent": 15,
            "organizations:ListAccountsForParent": 12 * 3 + 3,
            "resourcegroupstaggingapi:GetResources": 5,
            "sts:GetCallerIdentity": 1,
        }
        assert len(found.hosts) == 504
        assert len(found.group("ou_division_1")) == 500 // 12 * 4 + 2
        assert found.group("ou_division_1_team_3") <= found.group("ou_division_1")
        tagged = {name for name, one in found.hosts.items() if one["account_tags"].get("stage") == "staging"}
        assert found.group("tag_stage_staging") == tagged
        assert len(tagged) == 125 - 5

    def test_accounts_that_are_closed_are_left_out_unless_wanted(self, sandbox: Sandbox, tmp_path: Path) -> None:
        closing, closed = sandbox.members[:2]
        organizations = sandbox.client("organizations")
        organizations.close_account(AccountId=closed)
        sandbox.control("POST", "/clock", {"advance_s": 3600})
        organizations.close_account(AccountId=closing)
        assert set(listed(sandbox, tmp_path).hosts) == {"master", "workload-3"}
        found = listed(sandbox, tmp_path, statuses=["all"])
        assert found.group("status_closed") == {"workload-2"}
        assert found.group("status_pending_closure") == {"workload-1"}

    def test_include_exclude_and_ids_for_names(self, large: Sandbox, tmp_path: Path) -> None:
        found = listed(
            large,
            tmp_path,
            hostnames="account_id",
            include_ous=["division-2"],
            exclude_ous=["division-2/team-1"],
            exclude_accounts=["account-?", "acount-13"],
        )
        assert all(one["ou_path"].startswith("division-2") for one in found.hosts.values())
        assert not [one for one in found.hosts.values() if one["ou_path"].endswith("team-1")]
        assert set(found.hosts) == {one["account_id"] for one in found.hosts.values()}
        assert "'acount-13' names nothing in the organization" in found.told
        assert found.told.count("names nothing") == 1

    def test_tags_one_by_one_or_not_at_all(self, sandbox: Sandbox, tmp_path: Path) -> None:
        sandbox.client("organizations").tag_resource(
            ResourceId=sandbox.members[0], Tags=[{"Key": "stage", "Value": "live"}]
        )
        for source in ("pages", "accounts"):
            assert listed(sandbox, tmp_path, read_tags=source).group("tag_stage_live") == {"workload-1"}
        assert listed(sandbox, tmp_path, read_tags="none").hosts["workload-1"]["account_tags"] == {}

    def test_the_cache_spares_every_call_and_can_be_flushed(self, sandbox: Sandbox, tmp_path: Path) -> None:
        options = {
            "cache": True,
            "cache_plugin": "ansible.builtin.jsonfile",
            "cache_connection": str(tmp_path / "cache"),
        }
        first = listed(sandbox, tmp_path, **options)
        sandbox.control("DELETE", "/calls")
        assert listed(sandbox, tmp_path, **options).hosts == first.hosts
        assert listed(sandbox, tmp_path, **options, include_accounts=["workload-2"]).hosts.keys() == {"workload-2"}
        assert sandbox.calls() == {}
        flushed = run(sandbox, "ansible-inventory", "-i", str(tmp_path / "organization.yml"), "--list", "--flush-cache")
        assert flushed.returncode == 0
        assert sandbox.calls()["organizations:ListRoots"] == 1

    def test_no_secret_is_in_an_inventory_or_its_cache(self, sandbox: Sandbox, tmp_path: Path) -> None:
        cache = tmp_path / "cache"
        keys = {name: sandbox.env[f"AWS_{name.upper()}"] for name in ("access_key_id", "secret_access_key")}
        found = listed(
            sandbox,
            tmp_path,
            access_key=keys["access_key_id"],
            secret_key=keys["secret_access_key"],
            cache=True,
            cache_plugin="ansible.builtin.jsonfile",
            cache_connection=str(cache),
        )
        assert found.hosts
        texts = [json.dumps(found.found), *(path.read_text() for path in cache.iterdir())]
        secrets = [*sandbox.control("GET", "/secrets")["secrets"], keys["access_key_id"]]
        assert not [secret for secret in secrets for text in texts if secret in text]


class TestExamples:
    """Each example of the plugin's documentation, as it stands there."""

    @staticmethod
    def examples() -> list[dict[str, Any]]:
        for node in ast.parse(PLUGIN.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and node.targets[0].id == "EXAMPLES":
                return list(yaml.safe_load_all(ast.literal_eval(node.value)))
        raise AssertionError("there are none")

    @pytest.mark.parametrize("number", range(4))
    def test_it_lists_accounts(self, large: Sandbox, tmp_path: Path, number: int) -> None:
        example = self.examples()[number]
        example.pop("plugin")
        env = {"HOME": str(tmp_path)}
        if "profile" in example:
            config = tmp_path / "config"
            config.write_text(
                f"[profile incident]\naws_access_key_id = {large.env['AWS_ACCESS_KEY_ID']}\n"
                f"aws_secret_access_key = {large.env['AWS_SECRET_ACCESS_KEY']}\n"
            )
            env |= {"AWS_CONFIG_FILE": str(config), "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
            example["include_ous"] = ["division-1/team-3"]
        found = listed(large, tmp_path, keys=env, **example)
        assert found.status == 0
        assert "ERROR" not in found.told
        assert len(found.hosts) > 30, found.told
        if "profile" in example:
            assert {one["cordon_connection"]["profile"] for one in found.hosts.values()} == {"incident"}
        if "compose" in example:
            assert len(found.group("stage_production") | found.group("stage_none")) > 100
            assert found.hosts["account-7"]["contact"] == "team 7"
            assert found.group("paid_by_research") == {
                name for name, one in found.hosts.items() if one["account_tags"].get("cost-center") == "cc-007"
            }

    def test_there_are_no_others(self) -> None:
        assert len(self.examples()) == 4


class TestStrangersText:
    """FIELD-NOTES, section 5: whoever may name an account must not run code on the machine of the responder."""

    def test_a_name_is_no_template(self, sandbox: Sandbox, tmp_path: Path) -> None:
        organizations, proof = sandbox.client("organizations"), tmp_path / "proof"
        name = HOSTILE % proof
        made = organizations.create_account(AccountName=name[:120], Email="{{x}}@example.com")
        account = made["CreateAccountStatus"]["AccountId"]
        root = sandbox.facts["organization"]["root_id"]
        unit = organizations.create_organizational_unit(ParentId=root, Name=name)["OrganizationalUnit"]["Id"]
        organizations.move_account(AccountId=account, SourceParentId=root, DestinationParentId=unit)
        found = listed(sandbox, tmp_path, include_accounts=[account], compose={"shown": "account_name ~ ou_path"})
        (host,) = found.hosts.values()
        assert (host["account_name"], host["ou_path"]) == (name[:120], name)
        play = tmp_path / "play.yml"
        tasks = [
            {"ansible.builtin.debug": {"msg": "{{ account_name }} {{ ou_path }} {{ email }} {{ shown }}"}},
            {
                "ansible.builtin.copy": {
                    "content": "{{ hostvars[inventory_hostname] | to_json }}",
                    "dest": str(tmp_path / "out"),
                }
            },
        ]
        play.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
        done = run(sandbox, "ansible-playbook", "-i", str(tmp_path / "organization.yml"), str(play))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "lookup(" in (tmp_path / "out").read_text()
        assert not proof.exists(), "a template in an account's name was run"


class TestErrors:
    """What, where, and what to do; never a traceback, and never a list that looks complete and is not."""

    def refused(self, found: Listed) -> str:
        assert not found.hosts
        assert "Traceback" not in found.told
        return " ".join(found.told.split())

    def test_without_permission(self, sandbox: Sandbox, tmp_path: Path) -> None:
        """A member account that is no delegated administrator may not list anything."""
        told = self.refused(listed(sandbox, tmp_path, keys=of_member(sandbox, sandbox.members[0])))
        assert "Cannot call organizations:ListRoots: AccessDeniedException" in told
        assert "Give the responder organizations:ListRoots" in told

    def test_one_page_that_fails_fails_the_whole(self, sandbox: Sandbox, tmp_path: Path) -> None:
        fault = {"service": "organizations", "operation": "ListAccountsForParent", "error": "AccessDeniedException"}
        sandbox.control("POST", "/faults", {**fault, "times": 1})
        assert "ListAccountsForParent (ParentId=" in self.refused(listed(sandbox, tmp_path))

    def test_throttling_is_waited_for(self, sandbox: Sandbox, tmp_path: Path) -> None:
        fault = {"service": "organizations", "operation": "*", "error": "TooManyRequestsException", "times": 3}
        sandbox.control("POST", "/faults", fault)
        assert len(listed(sandbox, tmp_path).hosts) == 4

    def test_tags_that_cannot_be_seen_from_here(self, sandbox: Sandbox, tmp_path: Path) -> None:
        organizations, delegate = sandbox.client("organizations"), sandbox.members[0]
        organizations.register_delegated_administrator(AccountId=delegate, ServicePrincipal="guardduty.amazonaws.com")
        organizations.tag_resource(ResourceId=sandbox.members[1], Tags=[{"Key": "stage", "Value": "live"}])
        told = self.refused(listed(sandbox, tmp_path, keys=of_member(sandbox, delegate)))
        assert "Set `tags: accounts`" not in told
        assert "`read_tags: accounts`" in told
        found = listed(sandbox, tmp_path, keys=of_member(sandbox, delegate), read_tags="accounts")
        assert found.group("tag_stage_live") == {"workload-2"}
        assert "assume_role_arn" not in found.hosts["workload-1"]["cordon_connection"]
        assert "assume_role_arn" in found.hosts["master"]["cordon_connection"]

    def test_no_credentials(self, sandbox: Sandbox, tmp_path: Path) -> None:
        nobody = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "HOME": str(tmp_path)}
        assert "no credentials were found" in self.refused(listed(sandbox, tmp_path, keys=nobody))

    def test_a_profile_that_is_not_there(self, sandbox: Sandbox, tmp_path: Path) -> None:
        nobody = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "HOME": str(tmp_path)}
        told = self.refused(listed(sandbox, tmp_path, keys=nobody, profile="nobody"))
        assert "The config profile (nobody) could not be found" in told

    @pytest.mark.parametrize(
        ("option", "value"),
        [("hostnames", "email"), ("group_by", ["region"]), ("read_tags", "all"), ("statuses", ["ok"])],
    )
    def test_a_value_that_there_is_not(self, sandbox: Sandbox, tmp_path: Path, option: str, value: Any) -> None:
        sandbox.control("DELETE", "/calls")
        assert option in self.refused(listed(sandbox, tmp_path, **{option: value}))
        assert sandbox.calls() == {}


def test_modules_work_in_the_account_of_their_host(sandbox: Sandbox, tmp_path: Path) -> None:
    """A user of the same name is in two accounts; named without an account, it is contained in that of each host alone."""
    for account in sandbox.members:
        sandbox.iam(account).create_user(UserName="deployer")
    listed(sandbox, tmp_path, include_accounts=["workload-1", "workload-2"])
    play = tmp_path / "play.yml"
    task = {
        "cordon.aws.iam_principal_containment": {"principals": ["deployer"], "measures": ["deny_policy"]},
        "register": "found",
    }
    defaults = {"group/cordon.aws.response": "{{ cordon_connection | combine({'case_store': case_store}) }}"}
    play.write_text(
        yaml.safe_dump([{"hosts": "all", "gather_facts": False, "module_defaults": defaults, "tasks": [task]}])
    )
    inventory, store = str(tmp_path / "organization.yml"), f"case_store={tmp_path}/cases"
    done = run(sandbox, "ansible-playbook", "-i", inventory, "-e", store, str(play))
    assert done.returncode == 0, done.stdout + done.stderr
    policies = [
        sandbox.iam(account).list_user_policies(UserName="deployer")["PolicyNames"] for account in sandbox.members
    ]
    assert [len(names) for names in policies] == [1, 1, 0]

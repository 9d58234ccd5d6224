# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The accounts of an AWS Organization as hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: organization
short_description: The accounts of an AWS Organization as hosts
version_added: 0.1.0
author:
  - Cordon maintainers (@cordon-maintainers)
description:
  - Makes a host of every account of the organization that the credentials belong to. Hosts run on this machine; the variable
    C(cordon_connection) holds the options with which the modules of this collection reach the account.
  - Uses a YAML configuration file that ends with C(organization.yml) or C(organization.yaml).
  - Reads accounts and organizational units by parent, several at once, and tags by the hundred, which takes 60 calls for 500 accounts.
  - Needs the permissions C(organizations:ListRoots), C(organizations:ListOrganizationalUnitsForParent),
    C(organizations:ListAccountsForParent) and, for the tags, C(tag:GetResources) or C(organizations:ListTagsForResource).
  - Each host has the variables C(account_id), C(account_name), C(email), C(status), C(ou_id), C(ou_path) (the names of the
    units from below the root, separated by slashes), C(account_tags) and C(cordon_connection). In
    O(compose), O(groups) and O(keyed_groups) the tags are also there as C(tags), as in the inventories of amazon.aws; as a variable of
    hosts Ansible would warn of that name.
  - Names, addresses and tags are what whoever made or tagged the account wrote. Ansible runs no templates in them; do not hand them on as
    extra variables.
notes:
  - In China and in GovCloud set O(region), or E(AWS_REGION), to one of the partition's regions; the organization is asked where it is.
options:
  plugin:
    description: Marks the file as one for this plugin.
    type: str
    required: true
    choices: [cordon.aws.organization]
  hostnames:
    description:
      - What hosts are called. Characters of a name other than letters, digits, dots, hyphens and underscores become hyphens. Where
        several accounts have one name, or a name means something else to Ansible, such as V(localhost), the account's id is added.
    type: str
    choices: [account_name, account_id]
    default: account_name
  group_by:
    description:
      - Which groups to make. Characters other than letters, digits and underscores become underscores.
      - V(ou) makes C(ou_<path>) for each organizational unit, with the units below as children, and C(ou_root) for accounts that are in no
        unit. Where two paths would become one name, the unit's id is added.
      - V(tag) makes C(tag_<key>_<value>), and V(status) makes C(status_<status>).
      - The group C(management_account) holds the account that manages the organization, whatever is chosen here.
    type: list
    elements: str
    choices: [ou, tag, status]
    default: [ou, tag, status]
  tag_keys:
    description: The keys of the tags that make groups, as patterns in which C(*) and C(?) stand for any characters.
    type: list
    elements: str
    default: ['*']
  statuses:
    description:
      - Only accounts in these states of their life cycle are hosts. V(all) stands for every state.
      - U(https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html)
    type: list
    elements: str
    choices: [ACTIVE, CLOSED, PENDING_ACTIVATION, PENDING_CLOSURE, SUSPENDED, all]
    default: [ACTIVE]
  include_accounts:
    description:
      - Ids or names of accounts, as patterns in which C(*) and C(?) stand for any characters; case counts. Where this or O(include_ous) is
        given, only what one of the two names is a host.
      - An entry that names nothing in the organization is warned of, here and in the three options below.
    type: list
    elements: str
    default: []
  exclude_accounts:
    description: Ids or names of accounts that are not to be hosts, as patterns, whatever includes them.
    type: list
    elements: str
    default: []
  include_ous:
    description: Ids or paths of organizational units, as patterns. A unit stands for everything below it.
    type: list
    elements: str
    default: []
  exclude_ous:
    description: Ids or paths of organizational units whose accounts are not to be hosts, as patterns, whatever includes them.
    type: list
    elements: str
    default: []
  read_tags:
    description:
      - How the tags of the accounts are read. V(pages) asks the Resource Groups Tagging API, which needs credentials of the management
        account. V(accounts) asks Organizations once for every account. V(none) leaves C(account_tags) empty.
    type: str
    choices: [pages, accounts, none]
    default: pages
  assume_role_name:
    description: The role, with its path if it has one, that modules assume in every account other than that of the credentials.
    type: str
    default: OrganizationAccountAccessRole
  assume_in_account:
    description:
      - Whether C(cordon_connection) makes modules start as O(assume_role_name) in the account of their host, so that what is named without
        an account is looked for there. With V(false) they start with the credentials that the inventory is read with, and go to other
        accounts from there; what is done in the management account, such as attaching service control policies, needs that.
      - With O(assume_role_arn) modules always start as that role.
    type: bool
    default: true
extends_documentation_fragment:
  - constructed
  - inventory_cache
  - amazon.aws.boto3
  - amazon.aws.common.plugins
  - amazon.aws.region.plugins
  - amazon.aws.assume_role.plugins
"""

EXAMPLES = r"""
# All active accounts, read with the credentials of the management account
plugin: cordon.aws.organization

---
# Production only, called by id, without the account of the security team
plugin: cordon.aws.organization
profile: incident
hostnames: account_id
include_ous: [workloads/production]
exclude_accounts: ['111122223333', 'security-*']
assume_role_name: incident/responder

---
# Groups of one's own: by the tag "stage" alone, and by what the account's name begins with
plugin: cordon.aws.organization
group_by: [ou, status]
keyed_groups:
  - key: tags.stage | default('none')
    prefix: stage
  - key: account_name.split('-') | first
    prefix: name
groups:
  paid_by_research: tags['cost-center'] | default('') == 'cc-007'
compose:
  contact: tags.owner | default(email)

---
# Read once an hour
plugin: cordon.aws.organization
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/cordon
cache_timeout: 3600
"""

import gc

# What Ansible has loaded stays. Looking through it for garbage takes a fifth of the time in which boto3 is loaded.
gc.freeze()

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin
from ansible.template import trust_as_template
from ansible.utils.display import Display
from ansible_collections.amazon.aws.plugins.plugin_utils.botocore import get_aws_connection_info
from ansible_collections.amazon.aws.plugins.plugin_utils.inventory import AWSInventoryBase

from ansible_collections.cordon.aws.plugins.module_utils.cloud import Cloud, Connection
from ansible_collections.cordon.aws.plugins.module_utils.errors import CordonError
from ansible_collections.cordon.aws.plugins.module_utils.organizations.hosts import Inventory, Layout, arranged
from ansible_collections.cordon.aws.plugins.module_utils.organizations.reads import read_organization
from ansible_collections.cordon.aws.plugins.module_utils.organizations.tree import (
    Choice,
    Organization,
    chosen,
    unmatched,
)

_HANDED_ON = ("endpoint_url", "profile", "region")
"""Connection options that modules need as well. Keys are never handed on: they would stand in the variables of every host."""


class InventoryModule(AWSInventoryBase):  # type: ignore[misc]
    """Reads, or takes from the cache, chooses, arranges, and adds."""

    NAME = "cordon.aws.organization"
    INVENTORY_FILE_SUFFIXES = ("organization.yml", "organization.yaml")

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True, **_unused: Any) -> None:
        BaseInventoryPlugin.parse(self, inventory, loader, path)
        self.require_aws_sdk()
        self._read_config_data(path)
        try:
            organization = self._organization(path, cache)
            choice = self._choice()
            made = arranged(organization, chosen(organization, choice), self._layout())
        except CordonError as error:
            raise AnsibleParserError(str(error)) from error
        for name in unmatched(organization, choice):
            Display().warning(f"{path}: {name!a} names nothing in the organization")
        gc.freeze()  # what is loaded by now stays: not looking through it for garbage saves a tenth of a run that makes 500 hosts
        self._add(made)

    def _organization(self, path: str, cache: bool) -> Organization:
        is_cached, value = self.get_cached_result(path, cache)
        if is_cached:
            return Organization.from_json(value)
        connection = self._connection()
        cloud = Cloud(connection)
        found = read_organization(cloud, connection.region or "us-east-1", self.get_option("read_tags"))
        self.update_cached_result(path, cache, found.as_json())
        return found

    def _connection(self) -> Connection:
        region, endpoint_url, arguments = get_aws_connection_info(self)
        return Connection(
            region=region,
            endpoint_url=endpoint_url,
            credentials={name: value for name, value in arguments.items() if name.startswith("aws_") and value}
            | ({"profile_name": arguments["profile_name"]} if arguments.get("profile_name") else {}),
            verify=arguments.get("verify"),
            assume_role_arn=self.get_option("assume_role_arn"),
        )

    def _choice(self) -> Choice:
        return Choice(
            states=tuple(self.get_option("statuses")),
            include_accounts=tuple(self.get_option("include_accounts")),
            exclude_accounts=tuple(self.get_option("exclude_accounts")),
            include_units=tuple(self.get_option("include_ous")),
            exclude_units=tuple(self.get_option("exclude_ous")),
        )

    def _layout(self) -> Layout:
        options = {name: self.get_option(name) for name in _HANDED_ON}
        return Layout(
            host_names=self.get_option("hostnames"),
            group_by=tuple(self.get_option("group_by")),
            tag_keys=tuple(self.get_option("tag_keys")),
            role_name=self.get_option("assume_role_name"),
            role_arn=self.get_option("assume_role_arn"),
            starts_in_account=self.get_option("assume_in_account"),
            connection={name: value for name, value in options.items() if value},
        )

    def _add(self, made: Inventory) -> None:
        # A template of ours: the interpreter is that of the run, which AWX may do elsewhere than here.
        here = {
            "ansible_connection": "local",
            "ansible_python_interpreter": trust_as_template("{{ ansible_playbook_python }}"),
        }
        for name, variables in made.hosts.items():
            self.inventory.add_host(name)
            # The inventory's own set_variable would take a group of this name, of another source, for what is meant. It is slow besides.
            added = self.inventory.get_host(name)
            for key, value in {**here, **variables}.items():
                added.set_variable(key, value)
        for name in dict.fromkeys((*made.groups, *made.children)):
            self.inventory.add_group(name)
            for host in made.groups.get(name, ()):
                self.inventory.add_host(host, group=name)
        for name, children in made.children.items():
            for child in children:
                self.inventory.add_group(child)
                self.inventory.add_child(name, child)
        self._construct(made.hosts)

    def _construct(self, hosts: Mapping[str, Mapping[str, Any]]) -> None:
        """What `compose`, `groups` and `keyed_groups` ask for."""
        compose, groups, keyed = (self.get_option(name) for name in ("compose", "groups", "keyed_groups"))
        if not (compose or groups or keyed):
            return
        strict = self.get_option("strict")
        for name, variables in hosts.items():
            known = {**variables, "tags": variables["account_tags"]}
            self._set_composite_vars(compose, known, name, strict=strict)
            self._add_host_to_composed_groups(groups, known, name, strict=strict)
            self._add_host_to_keyed_groups(keyed, known, name, strict=strict)

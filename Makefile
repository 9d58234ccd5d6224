# `make` lists what there is to do. Everything runs in .venv, which is built on first use from the requirement files and nothing else.

PYTHON ?= python3
JOBS ?= 3
PROFILE ?= quick
SCENARIO ?= leaked-key
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/ready
SANDBOX := .cache/sandbox

# Nothing started from here may depend on, or reach, what the caller has set up for real accounts.
unexport ANSIBLE_COLLECTIONS_PATH ANSIBLE_INVENTORY ANSIBLE_STDOUT_CALLBACK AWS_ACCESS_KEY_ID AWS_DEFAULT_PROFILE AWS_ENDPOINT_URL AWS_PROFILE
unexport AWS_REGION AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN PYTHONHOME PYTHONPATH VIRTUAL_ENV
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export AWS_CONFIG_FILE := /dev/null
export AWS_EC2_METADATA_DISABLED := true
export AWS_SHARED_CREDENTIALS_FILE := /dev/null
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo instance test unit integration sandbox lint schemas permissions coverage readme build sanity bench clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*  ## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  make %-12s %s\n", $$1, $$2 }'

setup: $(READY)  ## build .venv (the others do it when needed; PYTHON=python3.13 chooses another Python)

$(READY): requirements.txt requirements-dev.txt tools/setup.sh
	@tools/setup.sh "$(PYTHON)" "$(VENV)"
	@touch $@

demo: $(READY)  ## a leaked access key, an attacker at work, and the response, in the sandbox
	@$(PY) -m tools.demo

instance: $(READY)  ## the same for a compromised EC2 instance
	@$(PY) -m tools.instance_demo

test: lint unit integration sanity  ## all checks and tests

unit: $(READY)  ## the tests without network (PROFILE=nightly looks much longer)
	$(PY) -m pytest -q -n $(JOBS) --hypothesis-profile $(PROFILE) tests/unit

integration: $(READY)  ## playbooks and modules against the sandbox (PROFILE=nightly looks much longer)
	$(PY) -m pytest -q -n $(JOBS) --dist loadfile --no-loadscope-reorder --hypothesis-profile $(PROFILE) tests/integration

sandbox: $(READY)  ## a local AWS to practise in, until Ctrl-C (SCENARIO=compromised-instance: another); `. .cache/sandbox/env` elsewhere points to it
	@mkdir -p $(SANDBOX)
	@$(PY) -m sandbox start --state-dir $(SANDBOX) --scenario $(SCENARIO)

lint: $(READY)  ## ruff, mypy, ansible-lint, and whether generated files and changelog are right
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(PY) -m ansiblelint -q --offline
	$(PY) -m tools.write_schemas --check
	$(VENV)/bin/antsibull-changelog lint

schemas: $(READY)  ## write schemas/ from plugins/module_utils/schemas.py
	$(PY) -m tools.write_schemas

permissions: $(READY)  ## write docs/permissions.md from the measures
	$(PY) -m tools.write_permissions

coverage: $(READY)  ## write docs/restore-coverage.md from the catalogue of inverses
	$(PY) -m tools.write_coverage

readme: $(READY)  ## put what the demo prints into README.md
	$(PY) -m tools.readme

build: $(READY)  ## build the collection into build/
	$(VENV)/bin/ansible-galaxy collection build --force --output-path build

sanity: $(READY)  ## install the built collection elsewhere: ansible-doc on every plugin, ansible-test sanity
	$(PY) -m tools.sanity

bench: $(READY)  ## benchmarks, one at a time
	$(PY) -m pytest -q -s -n 0 tests/benchmarks

clean:  ## remove .venv and everything made here, except cases/
	rm -rf $(VENV) .ansible .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

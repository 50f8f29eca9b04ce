# The commands a contributor needs; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# setuptools warns of every editable install; ours maps each package to its folder, so what it warns of cannot happen.
PIP := PYTHONWARNINGS='ignore:Editable installation' $(BIN)/python -m pip --quiet --disable-pip-version-check
COMPILE := .venv-lock/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header
# Compiled modules are kept, whatever the environment says: each of many processes would compile them again.
unexport PYTHONDONTWRITEBYTECODE
# Tests wait more than they compute, so that there are more workers than cores.
PARALLEL := --numprocesses=4
PYTEST := $(BIN)/python -m pytest
# A stamp says what is installed, so that a second `make test` installs nothing.
LOCAL := $(VENV)/.installed-local
DEV := $(VENV)/.installed-dev
# What a sidecar's image holds and no more, so that its memory is measured as it will be.
SIDECAR := .venv-sidecar/.installed
# The same of the operator.
OPERATOR := .venv-operator/.installed
# And of the dashboard.
DASHBOARD := .venv-dashboard/.installed
# What builds a release.
RELEASE := .venv-release/.installed
# Lighthouse and axe.
NODE_PROGRAMS := bench/node/node_modules/.package-lock.json
# What draws the diagrams of the site.
DIAGRAMS := website/node_modules/.package-lock.json

.DEFAULT_GOAL := help
.PHONY: help run install check test test-fast test-cluster test-in-cluster test-control-plane test-ha test-ha-briefly lint types layers bench bench-cluster bench-ha bench-dashboard policy grafana docs reference lock assets version release-files release-source release-archives record-release clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(LOCAL) ## serve config/samples/my-cache.yaml on this machine
	@$(BIN)/kuberedis local config/samples/my-cache.yaml

install: $(DEV) ## make .venv with everything for running, testing and benchmarks

check: lint types layers ## lint, types, layers and the tests of pure code: half a minute
	$(PYTEST) tests/pure

test: lint types layers ## lint, types, layers and every test that needs no cluster
	$(PYTEST) $(PARALLEL) -m 'not serial'
	$(PYTEST) -m serial tests/faults tests/http_paths

test-fast: $(DEV) ## the tests that are quick, on Valkey only
	$(PYTEST) $(PARALLEL) -m 'not serial and not slow' --valkey-only --ignore=tests/cli --ignore=tests/browser

# On the cluster of $KUBECONFIG, or else on one that is made here.
test-cluster: $(DEV) ## every test that needs a cluster
	tests/cluster/with-cluster $(MAKE) --no-print-directory test-in-cluster

# The operator that tests/cluster/usage installs watches all namespaces, so that no other operator may run meanwhile. Beside it run the
# tests that have a control plane of their own.
OWN_CONTROL_PLANE := tests/cluster/dashboard $(addprefix tests/cluster/test_,monitoring_objects.py plugin_changes.py plugin_install.py plugin_instances.py plugin_waits.py prometheus_reads_it_all.py upgrade_from_a_release.py)
test-in-cluster:
	$(PYTEST) $(PARALLEL) tests/crd tests/cluster --ignore=tests/cluster/usage --ignore=tests/cluster/ha $(addprefix --ignore=,$(OWN_CONTROL_PLANE))
	$(PYTEST) --numprocesses=2 tests/cluster/usage $(OWN_CONTROL_PLANE)

# The programs are those of Kubernetes: etcd, kube-apiserver, kube-controller-manager and kubectl, on the PATH.
test-control-plane: $(DEV) ## the tests of it that start a control plane themselves, and need no cluster
	$(PYTEST) --numprocesses=2 $(OWN_CONTROL_PLANE)

# One after the other: a fault of a node is a fault of everything on it.
test-ha: $(DEV) ## what can happen to three members, on a cluster of three nodes
	tests/cluster/with-cluster --nodes 3 $(PYTEST) tests/cluster/ha

test-ha-briefly: $(DEV) ## the part of it that each run of CI has: six minutes
	tests/cluster/with-cluster --nodes 3 $(PYTEST) -m brief tests/cluster/ha

lint: $(DEV) ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV) ## mypy --strict
	$(BIN)/mypy

layers: $(DEV) ## import-linter: who may import whom
	$(BIN)/lint-imports

bench: $(DEV) $(SIDECAR) ## measure the gateway beside its peers
	$(BIN)/python -m bench --sidecar-python $(dir $(SIDECAR))bin/python

bench-cluster: $(DEV) $(OPERATOR) ## measure the operator on a cluster that is made for it
	$(BIN)/python -m bench.cluster --testcluster ../shared/testcluster/testcluster --operator-python $(dir $(OPERATOR))bin/python

bench-ha: $(DEV) ## measure what each fault of three members costs, on a cluster that is made for it
	$(BIN)/python -m bench.ha --testcluster ../shared/testcluster/testcluster

grafana: $(DEV) ## write config/monitoring/dashboards anew, from monitoring/
	$(BIN)/python -m monitoring

# The API server's programs have to be on the PATH.
bench-dashboard: $(DEV) $(DASHBOARD) $(SIDECAR) $(NODE_PROGRAMS) ## measure the dashboard, in a browser
	$(BIN)/python -m bench.dashboard --dashboard-python $(dir $(DASHBOARD))bin/python --sidecar-python $(dir $(SIDECAR))bin/python

policy: $(DEV) ## write config/admission-policy.yaml anew, from the table of the operator
	$(BIN)/python -m kuberedis_operator.policy >config/admission-policy.yaml

docs: $(DEV) $(DIAGRAMS) ## build the site of the documentation into build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

reference: $(DEV) ## write docs/reference/custom-resource.md anew, from config/crd.yaml
	$(BIN)/python -m website.custom_resource >docs/reference/custom-resource.md

# dev.lock decides on the versions; the others are parts of it.
lock: ## write requirements/*.lock anew, with the newest versions that fit
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(COMPILE) --upgrade --extra dev --output-file requirements/dev.lock
	for extra in dashboard local operator release sidecar; do \
	    $(COMPILE) --constraint requirements/dev.lock --extra $$extra --output-file requirements/$$extra.lock || exit 1; \
	done
	rm -rf .venv-lock

# Scripts and styles of others, as their packages have them. VENDORED.json says which they are, with the hash of each file.
ASSETS := $(addprefix htmx.org@4.0.1:,dist/htmx.min.js dist/ext/hx-sse.min.js LICENSE) \
    $(addprefix uplot@1.6.32:,dist/uPlot.iife.min.js dist/uPlot.min.css LICENSE)
assets: $(DEV) ## fetch the dashboard's scripts and styles of others anew
	$(BIN)/python -m kuberedis_dashboard.http.vendored $(ASSETS)

# Each place that has the version has it in one of these forms; what is said of former versions stays.
NAMES_VERSION := (kuberedis-(operator|sidecar|dashboard):|localhost/…:|^(version = "|version: |appVersion: |VERSION = "))
version: ## write $(VERSION) into all files that name the version: make version VERSION=1.2.3
	@echo '$(VERSION)' | grep --quiet --extended-regexp '^[0-9]+\.[0-9]+\.[0-9]+$$' || { echo 'say which: make version VERSION=1.2.3' >&2; exit 1; }
	git grep --files-with-matches --null --extended-regexp '$(NAMES_VERSION)' -- ':!CHANGELOG.md' ':!tests' ':!*.lock' \
	    | xargs -0 perl -pi -e 's#$(NAMES_VERSION)\K\d+\.\d+\.\d+#$(VERSION)#g'

REPOSITORY ?= https://github.com/$(or $(GITHUB_REPOSITORY),OWNER/REPOSITORY)
release-files: $(RELEASE) ## make dist/: wheel, chart and manifests that name images in $(REGISTRY), and the notes
	$(MAKE) --no-print-directory release-source
	cd build/release && SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) ../../.venv-release/bin/python -m build --no-isolation --outdir ../../dist/python
	.venv-release/bin/twine check --strict dist/python/*
	$(MAKE) --no-print-directory release-archives

# A copy of the last commit, which names the images that the release has; what installs it comes from there.
release-source:
	@test -n '$(REGISTRY)' || { echo 'say where the images are: make release-files REGISTRY=ghcr.io/somebody' >&2; exit 1; }
	rm -rf build/release build/krew dist && mkdir -p build/release build/krew dist/python dist/chart dist/manifests dist/krew
	git archive HEAD | tar --extract --directory build/release
	cd build/release && perl -pi -e 's#localhost/(?=kuberedis-)#$(REGISTRY)/#' config/operator-deployment.yaml config/dashboard/dashboard.yaml charts/kuberedis/values.yaml

# What is made from that copy and the wheel.
release-archives:
	helm package build/release/charts/kuberedis --destination dist/chart
	cd build/release/config && awk 'FNR == 1 && NR > 1 { print "---" } 1' crd.yaml operator-deployment.yaml admission-policy.yaml >../../../dist/manifests/kuberedis.yaml
	cp build/release/config/dashboard/dashboard.yaml dist/manifests/kuberedis-dashboard.yaml
	cp build/release/LICENSE build/release/packaging/krew/kubectl-kuberedis dist/python/*.whl build/krew
	tar --create --gzip --file dist/krew/kubectl-kuberedis.tar.gz --directory build/krew .
	sed -e "s#@VERSION@#$$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)#" -e 's#@REPOSITORY@#$(REPOSITORY)#' \
	    -e "s#@SHA256@#$$(sha256sum dist/krew/kubectl-kuberedis.tar.gz | cut -d ' ' -f 1)#" build/release/packaging/krew/kuberedis.yaml >dist/krew/kuberedis-krew.yaml
	awk -v heading="## [$$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)]" \
	    'index($$0, "## ") == 1 { on = index($$0, heading) == 1; next } on' CHANGELOG.md >dist/NOTES.md
	@test -s dist/NOTES.md || { echo 'CHANGELOG.md has no section for this version' >&2; exit 1; }

record-release: $(DEV) ## write tests/fixtures/VERSION, from which later versions are upgraded in tests
	$(BIN)/python -m tests.fixtures.record

clean: ## remove .venv, caches and builds; data of local instances stay
	rm -rf $(VENV) .venv-lock .venv-sidecar .venv-operator .venv-dashboard .venv-release bench/node/node_modules website/node_modules build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(SIDECAR): pyproject.toml requirements/sidecar.lock
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/sidecar.lock
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(OPERATOR): pyproject.toml requirements/operator.lock
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/operator.lock
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(DASHBOARD): pyproject.toml requirements/dashboard.lock
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dashboard.lock
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(RELEASE): pyproject.toml requirements/release.lock
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/release.lock
	@touch $@

$(NODE_PROGRAMS) $(DIAGRAMS): %/node_modules/.package-lock.json: %/package.json %/package-lock.json
	npm ci --silent --ignore-scripts --prefix $(dir $<)

$(LOCAL): pyproject.toml requirements/local.lock | $(BIN)/python
	$(PIP) install --require-hashes --requirement requirements/local.lock
	$(PIP) install --no-deps --editable .
	@touch $@

$(DEV): pyproject.toml requirements/dev.lock | $(BIN)/python
	$(PIP) install --require-hashes --requirement requirements/dev.lock
	$(PIP) install --no-deps --editable .
	@touch $(LOCAL) $@

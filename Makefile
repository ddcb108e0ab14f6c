# Everything a person or a machine runs. Needs python3 (3.11 or newer, with venv) and make; the rest installs itself.

PORT ?= 8000
ARGS ?=

BIN := .venv/bin
READY := .venv/.ready
PYTEST := $(BIN)/python -m pytest
COVERED := --cov --cov-report=term:skip-covered $(if $(ARGS),,--cov-fail-under=95)
MANAGE := $(BIN)/python manage.py

# Keys and addresses that only checks see: nothing is served or reached with them.
CHECK_KEY := checks-only-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ
CHECK := SECRET_KEY=$(CHECK_KEY) DATABASE_URL=sqlite://:memory:
DEPLOYED := SECRET_KEY=$(CHECK_KEY) DEBUG=0 PUBLIC_URL=https://porte-voix.example ALLOWED_HOSTS=porte-voix.example \
	DATABASE_URL=postgres://porte-voix@127.0.0.1/porte-voix CELERY_BROKER_URL=redis://127.0.0.1:6379/0 \
	CACHE_URL=redis://127.0.0.1:6379/1 TRUSTED_PROXIES=1

export UV_PYTHON_DOWNLOADS := never

.PHONY: help
help: ## Show what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1 \2/p' Makefile | while read -r name words; do printf 'make %-15s %s\n' "$$name" "$$words"; done

.PHONY: run
run: $(READY) ## Start everything with demo content on http://127.0.0.1:8000 (PORT=8000)
	@$(MANAGE) up --port $(PORT)

.PHONY: test
test: $(READY) ## Run the test suite on SQLite, without any service (ARGS="-k word")
	$(PYTEST) -n 2 -m "not services" $(COVERED) $(ARGS)

.PHONY: test-services
test-services: $(READY) ## Run the whole suite on PostgreSQL and Redis with Chromium, installed by apt if absent
	$(BIN)/python -m scripts.services run --chromium -- $(PYTEST) -n 2 $(COVERED) $(ARGS)

.PHONY: lint
lint: check-style check-security check-types check-rooms check-migrations check-deploy check-templates check-messages check-dependencies ## Run every check but the tests

.PHONY: check-style
check-style: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

.PHONY: check-security
check-security: $(READY)
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive accounts config datasets webhooks

.PHONY: check-types
check-types: $(READY)
	$(CHECK) $(BIN)/mypy

.PHONY: check-rooms
check-rooms: $(READY)
	$(BIN)/lint-imports

.PHONY: check-migrations
check-migrations: $(READY)
	$(CHECK) $(MANAGE) makemigrations --check --dry-run

.PHONY: check-deploy
check-deploy: $(READY)
	$(DEPLOYED) $(MANAGE) check --deploy --fail-level WARNING

.PHONY: check-templates
check-templates: $(READY)
	$(PYTEST) -q -p no:randomly tests/quality

.PHONY: check-messages
check-messages: $(READY)
	$(BIN)/python -m scripts.services install gettext
	$(BIN)/python -m scripts.check_messages

.PHONY: check-dependencies
check-dependencies: $(READY)
	$(BIN)/python -m scripts.check_dependencies

.PHONY: format
format: $(READY) ## Format the code and mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: messages
messages: $(READY) ## Extract the strings to translate and compile the translations
	$(BIN)/python -m scripts.services install gettext
	$(CHECK) $(MANAGE) makemessages -l fr --add-location file --no-wrap -i var -i tests -i bench -i scripts
	$(CHECK) $(MANAGE) compilemessages -v 0 -i .venv

.PHONY: fuzz
fuzz: $(READY) ## Send thousands of made-up requests to API and pages, and inputs to every parser (FUZZ_EXAMPLES=25)
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-25} $(PYTEST) -n 2 tests/fuzz $(ARGS)

.PHONY: bench
bench: $(READY) ## Measure against the peers, on PostgreSQL and Redis (ARGS="--help")
	$(BIN)/python -m bench.run $(ARGS)

.PHONY: chaos
chaos: $(READY) ## Kill, restart and cut everything under load, and count what was lost (ARGS="--help")
	$(BIN)/python -m bench.chaos $(ARGS)

# The environment: uv by pip in a venv, then what the lock says.

$(BIN)/uv:
	@found=; \
	for python in python3 python3.11 python3.12 python3.13; do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "Porte-voix needs Python 3.11 or newer as python3; this machine has: $$(python3 --version 2>&1)." >&2; exit 1; \
	fi; \
	if ! $$found -m venv .venv; then \
		echo "$$found has no working venv module; on Debian and Ubuntu: apt-get install python3-venv." >&2; exit 1; \
	fi
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.8'

$(READY): $(BIN)/uv pyproject.toml uv.lock
	@$(BIN)/uv sync --locked --quiet
	@touch $@

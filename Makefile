# The site from one command: `make run`. `make help` lists the rest.

ENVIRONMENT = PYTHONDONTWRITEBYTECODE=1
VENV_PYTHON = $(ENVIRONMENT) .venv/bin/python

.PHONY: help run restart dev test lint format password demo-reset demo-pictures docs-screenshots bench lock shell
.DEFAULT_GOAL := help

help: ## Lists what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: ## Starts the site with its worker (EMPTY=1: without demo content)
	@sh requirements/install base
	@exec env $(ENVIRONMENT) .venv/bin/python manage.py serve $(if $(EMPTY),--empty)

restart: ## Puts the code that is there now in the place of what runs, without a gap
	@sh requirements/install base
	@$(VENV_PYTHON) manage.py restart

dev: ## Starts the site with autoreload and debug pages
	@sh requirements/install dev
	@DEBUG=1 $(VENV_PYTHON) manage.py serve --prepare-only $(if $(EMPTY),--empty)
	@trap 'kill $$worker 2>/dev/null' EXIT INT TERM; \
	DEBUG=1 $(VENV_PYTHON) manage.py worker & worker=$$!; \
	DEBUG=1 $(VENV_PYTHON) manage.py runserver $${HOST:-127.0.0.1}:$${PORT:-8000}

test: tests/browser/node_modules/.package-lock.json ## Runs all tests (needs no running site)
	@sh requirements/install dev
	@$(VENV_PYTHON) -m pytest -n 2 $(ARGS)

tests/browser/node_modules/.package-lock.json: tests/browser/package-lock.json
	@! command -v npm >/dev/null || \
	npm ci --silent --no-audit --no-fund --ignore-scripts --prefix tests/browser >/dev/null 2>&1 || \
	echo "npm can't install the packages of tests/browser: some tests are skipped" >&2

lint: ## Checks style, types, floors, templates and settings
	@sh requirements/install dev
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	git ls-files -z -- 'templates/*.html' | xargs -0 .venv/bin/djade --target-version 5.2 --check
	.venv/bin/lint-imports
	.venv/bin/mypy
	$(VENV_PYTHON) manage.py makemigrations --check --dry-run
	SITE_URL=https://www.example.co.uk $(VENV_PYTHON) manage.py check --deploy --fail-level WARNING

format: ## Rewrites code and templates in the house style
	@sh requirements/install dev
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	git ls-files -z -- 'templates/*.html' | xargs -0 .venv/bin/djade --target-version 5.2 || true

password: ## Sets a new password for the administrator
	@sh requirements/install base
	@$(VENV_PYTHON) manage.py set_password

demo-reset: ## Deletes all content and puts the demo content back
	@sh requirements/install base
	@$(VENV_PYTHON) manage.py demo --reset

demo-pictures: ## Renders the demo's drawings (SVG) to pictures, with Chromium
	@$(VENV_PYTHON) vasite/home/demo/render.py

docs-screenshots: ## Takes the pictures of the editor's guide from a fresh site
	@$(VENV_PYTHON) docs/editor/screenshots.py

bench: ## Measures speed into bench/RESULTS.md (PARTS="kept large latency …")
	@sh requirements/install bench
	@npm ci --silent --ignore-scripts --prefix bench
	@$(VENV_PYTHON) -m bench $(PARTS)

lock: ## Compiles requirements/*.txt from pyproject.toml
	@sh requirements/compile

shell: ## Opens a Python shell with the site's models
	@sh requirements/install base
	@$(VENV_PYTHON) manage.py shell

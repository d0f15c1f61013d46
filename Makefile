# Everything needs only make and Python 3.11 or later. PYTHON=/path/to/python chooses another interpreter.
.PHONY: demo test check screenshots constraints licences setup setup-test clean

DEMO = projects/wild-digits-demo

demo: setup
	@sh packaging/demo.sh $(DEMO)

test: setup-test
	@.venv/bin/pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

check: setup-test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports
	.venv/bin/mypy
	.venv/bin/python packaging/check_sizes.py

screenshots: setup-test
	.venv/bin/python packaging/screenshots.py

# For maintainers, after a change of pyproject.toml: the newest versions that fit. Needs uv.
constraints:
	@sh packaging/constraints.sh

licences: setup
	.venv/bin/python packaging/third_party.py

setup:
	@sh packaging/setup.sh

setup-test:
	@sh packaging/setup.sh test

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# Two commands for a newcomer: make demo, make test. The quick inner loop: make check.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# what is compiled once is there for the some hundred processes that tests start
export PYTHONDONTWRITEBYTECODE =

.PHONY: demo test check attempts leaks tour faults tampering untraced reconcile browser screenshots vitals ban lint lock messages clean

$(VENV)/demo.stamp: requirements/demo.txt pyproject.toml CHANGELOG.md hatch_build.py $(wildcard kvitto/locale/*/LC_MESSAGES/django.po)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/demo.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/demo.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@

demo: $(VENV)/demo.stamp  ## the demo co-op with a year of real receipts, served on 127.0.0.1:8000
	$(BIN)/kvitto demo $(ARGS)

lint: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

check: lint  ## the quick inner loop: everything but the slow tests
	$(BIN)/pytest -n 2 -m "not slow" $(ARGS)

test: lint browser  ## everything
	$(BIN)/pytest -n 2 $(ARGS)

attempts: $(VENV)/dev.stamp  ## everybody tries what is not theirs, 12,000 times
	KVITTO_ATTEMPTS=12000 $(BIN)/pytest -q tests/architecture/test_attempts.py $(ARGS)

leaks: $(VENV)/dev.stamp  ## 100,000 orders of statements, receipts and uses, others each time; KVITTO_SEED repeats them
	seed=$${KVITTO_SEED:-$$(date +%s)}; echo "KVITTO_SEED=$$seed"; \
	KVITTO_SEED=$$seed KVITTO_INTERLEAVINGS=$${KVITTO_INTERLEAVINGS:-100000} $(BIN)/pytest -n 2 tests/rooms/choices/test_interleavings.py $(ARGS)

tampering: $(VENV)/dev.stamp  ## a thousand positions of each way to tamper with the record of acts, and sequencers that are killed
	KVITTO_POSITIONS=$${KVITTO_POSITIONS:-1000} KVITTO_KILLS=$${KVITTO_KILLS:-50} $(BIN)/pytest -n 2 -q tests/rooms/audit/test_tampering.py tests/rooms/audit/test_sequencer.py $(ARGS)

untraced: $(VENV)/dev.stamp  ## 100,000 reads of staff while the record of acts fails one time in ten
	KVITTO_READS=$${KVITTO_READS:-100000} $(BIN)/pytest -n 0 -q tests/architecture/test_untraced.py $(ARGS)

reconcile: $(VENV)/dev.stamp  ## PostgreSQL's own log of statements against the record of acts, over the tests of the staff's pages
	$(BIN)/python -m tools.reconcile $(ARGS)

tour: $(VENV)/dev.stamp browser  ## every state of every page in each of the three languages, in Chromium
	KVITTO_TOUR=whole $(BIN)/pytest -n 2 tests/journeys/test_accessibility.py tests/journeys/test_staff.py $(ARGS)

faults: $(VENV)/dev.stamp  ## tills deliver 240,000 transactions while processes are killed, the database crashes and answers are cut, and 12,000 while its disk fills up; ARGS="--seed 7"
	$(BIN)/python -m tests.faults $(ARGS)
	$(BIN)/python -m tests.faults --transactions 12000 --crashes 0 --full-disks 6

browser:  # Chromium and a font, where they are missing and can be installed
	sh tools/browser.sh

screenshots: $(VENV)/dev.stamp browser  ## pictures of every page in every state, in build/screenshots; ARGS="receipt" takes some
	$(BIN)/python -m tools.screenshots $(ARGS)

vitals: $(VENV)/dev.stamp browser  ## bytes over the wire and the largest paint on a slow phone, as JSON
	$(BIN)/python -m tools.vitals $(ARGS)

ban: $(VENV)/dev.stamp browser  ## how long until a ban holds, on the web and by phone, as JSON
	$(BIN)/python -m tools.ban $(ARGS)

messages: $(VENV)/dev.stamp  ## gathers the texts of the pages into kvitto/locale and says which lack a translation
	$(BIN)/python -m tools.messages $(ARGS)

lock: $(VENV)/dev.stamp  ## writes requirements/*.txt anew from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra demo pyproject.toml requirements/build.in -o requirements/demo.txt
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra dev -c requirements/demo.txt pyproject.toml requirements/build.in -o requirements/dev.txt

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache

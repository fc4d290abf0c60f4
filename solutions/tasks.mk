# What instructors and authors type. Students' copies do not have this file.

.PHONY: grade release sync lint-labs test lint-code

grade: $(READY) ## grade SUBMISSIONS=submitted/ to LAB=lab3 (OUT=graded, SEED=...)
	$(GRADER) grade "$(LAB)" "$(SUBMISSIONS)" --out "$(or $(OUT),graded)" $(if $(SEED),--seed $(SEED))

release: $(READY) ## write the copy that students get (OUT=release)
	$(GRADER) release $(if $(OUT),--out "$(OUT)")

sync: $(READY) ## derive labs/ from solutions/ (FORCE=1 overwrites edited labs, with a backup)
	@$(PY) -m grader sync $(LAB) $(if $(FORCE),--force)

lint-labs: $(READY) ## say whether the labs are sound: rates of mistakes and alternatives
	@$(PY) -m grader lint $(LAB)

test: ## run the kit's own tests, the linters and the type checker
ifndef LABKIT_PYTHON
	@$(PYTHON) requirements/install.py --dev
endif
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m pytest

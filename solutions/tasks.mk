# What instructors and authors type. Students' copies do not have this file.

.PHONY: grade regrade feedback report mark image-grader release new-lab sync lint-labs mutate test test-docker

GRADE_OPTIONS = --out "$(or $(OUT),graded)" $(if $(SEED),--seed "$(SEED)") $(if $(JOBS),--jobs "$(JOBS)") \
  $(if $(SANDBOX),--sandbox "$(SANDBOX)")

# What the kit's own tests and authors use; in the container the environment is there already.
WITH_TOOLS = $(if $(LABKIT_PYTHON),,@$(PYTHON) requirements/install.py --dev)

grade: $(READY) ## grade SUBMISSIONS=submitted/ to LAB=lab3 (OUT=graded, SEED=, STUDENT=, FORCE=1, JOBS=, SANDBOX=)
	$(GRADER) grade "$(LAB)" $(if $(SUBMISSIONS),"$(SUBMISSIONS)") $(GRADE_OPTIONS) $(if $(STUDENT),--student "$(STUDENT)") $(if $(FORCE),--force)

regrade: $(READY) ## repeat the run of LAB=lab3 with SEED=..., and say who gains or loses (SUBMISSIONS=, OUT=graded, CHANGES=file, JOBS=)
	$(GRADER) regrade "$(LAB)" $(if $(SUBMISSIONS),"$(SUBMISSIONS)") $(GRADE_OPTIONS) $(if $(CHANGES),--changes "$(CHANGES)")

feedback: $(READY) ## write what each student may see of LAB=lab3's results (OUT=graded, TO=feedback, FORMAT=md, QUIZ=1)
	$(GRADER) feedback "$(LAB)" --out "$(or $(OUT),graded)" $(if $(TO),--to "$(TO)") $(if $(FORMAT),--format "$(FORMAT)") \
	  $(if $(STUDENT),--student "$(STUDENT)") $(if $(QUIZ),--quiz-answers)

report: $(READY) ## write LAB=lab3's results for a gradebook (TO=csv, OUT=graded, DEST=file or folder)
	$(GRADER) report "$(LAB)" --out "$(or $(OUT),graded)" $(if $(TO),--to "$(TO)") $(if $(DEST),--dest "$(DEST)")

mark: $(READY) ## give POINTS=4 for PART=plot of STUDENT=ada's report in LAB=lab3, or a milestone (COMMENT=, BY=, OUT=graded)
	$(GRADER) mark "$(LAB)" "$(STUDENT)" "$(PART)" "$(POINTS)" --out "$(or $(OUT),graded)" \
	  $(if $(COMMENT),--comment "$(COMMENT)") $(if $(BY),--by "$(BY)")

image-grader: ## build the instructor's image, and that of its workers
	@$(PYTHON) docker/engine.py image grader

release: $(READY) ## write the copy that students get (OUT=release)
	$(GRADER) release $(if $(OUT),--out "$(OUT)")

new-lab: $(READY) ## write a lab of one task into solutions/, as a beginning (NAME=lab42_words)
	$(GRADER) new "$(NAME)"

sync: $(READY) ## derive labs/ from solutions/ (FORCE=1 overwrites edited labs, with a backup)
	@$(PY) -m grader sync $(LAB) $(if $(FORCE),--force)

lint-labs: $(READY) ## say whether the labs are sound: rates of mistakes and alternatives
	$(WITH_TOOLS)
	@$(PY) -m grader lint $(LAB)

mutate: $(READY) ## say which mechanical mutants of a reference no check catches (LAB=lab3 FUNCTION=pg_loss)
	$(WITH_TOOLS)
	@$(PY) -m grader mutate $(LAB) $(if $(FUNCTION),--function "$(FUNCTION)")

test: ## run the kit's own tests, the linters and the type checker
	$(WITH_TOOLS)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m pytest

test-docker: ## build the images and try them for real, with the container engine that answers
	$(WITH_TOOLS)
	@LABKIT_TEST_DOCKER=1 $(PY) -m pytest tests/docker -rs

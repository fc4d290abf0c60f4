# What instructors and authors type. Students' copies do not have this file.

.PHONY: collect keys certificates grade regrade feedback report export autograder mark requests gradebook marks formgrader similar questions image-grader image-cluster release docs new-lab sync lint-labs mutate gpu-check test test-docker

# COURSE= names the course's rules; without it they are course.toml, where there is one.
GRADE_OPTIONS = --out "$(or $(OUT),graded)" $(if $(SEED),--seed "$(SEED)") $(if $(JOBS),--jobs "$(JOBS)") \
  $(if $(SANDBOX),--sandbox "$(SANDBOX)") $(if $(COURSE_KEY),--course-key "$(COURSE_KEY)") $(COURSE_OPTION)

# What the kit's own tests and authors use; in the container the environment is there already.
WITH_TOOLS = $(if $(LABKIT_PYTHON),,@$(PYTHON) requirements/install.py --dev)

collect: $(READY) ## turn a platform's export ZIP=submissions.zip FROM=canvas into folders to grade (ROSTER=, LAB=, TO=submitted)
	@$(PY) -m grader collect "$(ZIP)" $(if $(FROM),--from "$(FROM)") $(if $(ROSTER),--roster "$(ROSTER)") $(if $(TO),--to "$(TO)") \
	  $(if $(LAB),--lab "$(LAB)")

keys: $(READY) ## make a key for each student of ROSTER=roster.csv, to sign hand-ins with (COURSE_KEY=course.key, TO=keys)
	@$(PY) -m grader keys "$(ROSTER)" $(if $(COURSE_KEY),--course-key "$(COURSE_KEY)") $(if $(TO),--to "$(TO)")

# A cluster's packages are installed when one is asked for.
WITH_CLUSTER = $(if $(LABKIT_PYTHON),,@$(PYTHON) requirements/install.py --cluster $(if $(filter kubernetes%,$(SCHEDULER)),--kubernetes))
CLUSTER_OPTIONS = $(if $(SCHEDULER),--scheduler "$(SCHEDULER)") $(if $(SHARED),--shared "$(SHARED)") \
  $(if $(CERTIFICATES),--certificates "$(CERTIFICATES)")

certificates: $(READY) ## write the certificates that the machines of a cluster need, and say how to start it (TO=cluster-certificates)
	$(WITH_CLUSTER)
	$(GRADER) certificates $(if $(TO),--to "$(TO)")

grade: $(READY) ## grade SUBMISSIONS=submitted/ to LAB=lab3 (OUT=graded, SEED=, STUDENT=, FORCE=1, JOBS=, SANDBOX=, COURSE_KEY=, SCHEDULER=)
	$(if $(SCHEDULER),$(WITH_CLUSTER))
	$(GRADER) grade "$(LAB)" $(if $(SUBMISSIONS),"$(SUBMISSIONS)") $(GRADE_OPTIONS) $(CLUSTER_OPTIONS) $(if $(STUDENT),--student "$(STUDENT)") $(if $(FORCE),--force)

regrade: $(READY) ## grade again what a mended check of LAB=lab3 concerns, and say who gains or loses (DRY_RUN=1, SEED=of a run, SUBMISSIONS=, OUT=graded, SCHEDULER=)
	$(if $(SCHEDULER),$(WITH_CLUSTER))
	$(GRADER) regrade "$(LAB)" $(if $(SUBMISSIONS),"$(SUBMISSIONS)") $(GRADE_OPTIONS) $(CLUSTER_OPTIONS) $(if $(CHANGES),--changes "$(CHANGES)") $(if $(DRY_RUN),--dry-run)

feedback: $(READY) ## write what each student may see of LAB=lab3's results (OUT=graded, TO=feedback, FORMAT=md, QUIZ=1)
	$(GRADER) feedback "$(LAB)" --out "$(or $(OUT),graded)" $(if $(TO),--to "$(TO)") $(if $(FORMAT),--format "$(FORMAT)") \
	  $(if $(STUDENT),--student "$(STUDENT)") $(if $(QUIZ),--quiz-answers) $(COURSE_OPTION)

report: $(READY) ## write pages of LAB=lab3's results, or of all labs' (OUT=graded, DEST=reports; TO=csv: a table for a gradebook)
	$(GRADER) report $(if $(LAB),"$(LAB)") --out "$(or $(OUT),graded)" $(if $(TO),--to "$(TO)") $(if $(DEST),--dest "$(DEST)") $(COURSE_OPTION)

export: $(READY) ## write results for a platform, TO=canvas (moodle, gradescope, ...; LAB=lab3, OUT=graded, DEST=exports, ROSTER=, STUDENT=)
	$(GRADER) export $(if $(LAB),"$(LAB)") --out "$(or $(OUT),graded)" $(if $(TO),--to "$(TO)") $(if $(DEST),--dest "$(DEST)") \
	  $(if $(ROSTER),--roster "$(ROSTER)") $(if $(STUDENT),--student "$(STUDENT)") $(COURSE_OPTION)

autograder: $(READY) ## write the autograder.zip with which Gradescope grades LAB=lab3 itself (DEST=autograder.zip, SECONDS=540)
	$(GRADER) autograder "$(LAB)" $(if $(DEST),--dest "$(DEST)") $(if $(SECONDS),--seconds "$(SECONDS)")

mark: $(READY) ## give POINTS=4 for PART=plot of STUDENT=ada's report in LAB=lab3, or a milestone (COMMENT=, BY=, OUT=graded)
	$(GRADER) mark "$(LAB)" "$(STUDENT)" "$(PART)" "$(POINTS)" --out "$(or $(OUT),graded)" \
	  $(if $(COMMENT),--comment "$(COMMENT)") $(if $(BY),--by "$(BY)") $(COURSE_OPTION)

requests: $(READY) ## list the requests to look at points again that nobody has answered (REQUESTS=requests, OUT=graded)
	$(GRADER) requests $(if $(REQUESTS),"$(REQUESTS)") --out "$(or $(OUT),graded)" $(COURSE_OPTION)

# nbgrader is installed when it is asked for; in the container it is there, or the command says that it is not.
WITH_NBGRADER = $(if $(LABKIT_PYTHON),,@$(PYTHON) requirements/install.py --nbgrader)
GRADEBOOK_OPTIONS = --out "$(or $(OUT),graded)" $(if $(FOLDER),--folder "$(FOLDER)") $(if $(DB),--db "$(DB)") $(if $(BY),--by "$(BY)") $(COURSE_OPTION)

gradebook: $(READY) ## write results of LAB=lab3 into nbgrader's course folder (FOLDER=nbgrader-course, SUBMISSIONS=submitted/, OUT=graded, DB=URL)
	$(WITH_NBGRADER)
	$(GRADER) nbgrader export "$(LAB)" $(GRADEBOOK_OPTIONS) $(if $(SUBMISSIONS),--submissions "$(SUBMISSIONS)")

marks: $(READY) ## take what was given in formgrader for LAB=lab3 over as marks (FOLDER=nbgrader-course, OUT=graded, DB=URL, BY=)
	$(WITH_NBGRADER)
	$(GRADER) nbgrader import "$(LAB)" $(GRADEBOOK_OPTIONS)

formgrader: $(READY) ## grade LAB=lab3's reports by hand in nbgrader's formgrader (as gradebook; PORT=8888, BY=)
	$(WITH_NBGRADER)
	$(GRADER) nbgrader serve "$(LAB)" $(GRADEBOOK_OPTIONS) $(if $(SUBMISSIONS),--submissions "$(SUBMISSIONS)") $(if $(PORT),--port "$(PORT)")

similar: $(READY) ## write the code of SUBMISSIONS=submitted/ for JPlag and Dolos (LAB=lab3, DEST=similar, BLIND=1), or show READ=a result
	$(GRADER) similar $(if $(READ),--read "$(READ)",$(if $(LAB),"$(LAB)") $(if $(SUBMISSIONS),"$(SUBMISSIONS)")) \
	  $(if $(DEST),--dest "$(DEST)") $(if $(BLIND),--blind) $(if $(MOST),--most "$(MOST)")

questions: $(READY) ## write two questions to each student about own code in LAB=lab3 (SUBMISSIONS=submitted/, OUT=graded, DEST=file, STUDENT=, SEED=)
	$(GRADER) questions "$(LAB)" --submissions "$(SUBMISSIONS)" --out "$(or $(OUT),graded)" $(if $(DEST),--dest "$(DEST)") \
	  $(if $(STUDENT),--student "$(STUDENT)") $(if $(SEED),--seed "$(SEED)") $(COURSE_OPTION)

image-grader: ## build the instructor's image, and that of its workers
	@$(PYTHON) docker/engine.py image grader

image-cluster: ## build the image for a cluster's pods and jobs: the instructor's, with Dask
	@$(PYTHON) docker/engine.py image cluster

release: $(READY) ## write the copy that students get (OUT=release)
	$(GRADER) release $(if $(OUT),--out "$(OUT)")

docs: $(READY) ## build the site of all pages, in English and Chinese (OUT=build/site)
	$(if $(LABKIT_PYTHON),,@$(PYTHON) requirements/install.py --docs)
	@$(PY) -m grader docs $(if $(OUT),--out "$(OUT)")

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

gpu-check: $(READY) ## write docs/gpu-report.md: what only a machine with a GPU shows (ONLY="device-checks train", OUT=, DEVICE=cpu to rehearse)
	$(GRADER) gpu-check $(if $(OUT),--out "$(OUT)") $(foreach item,$(ONLY),--only "$(item)") $(foreach lab,$(LAB),--labs "$(lab)") \
	  $(if $(DEVICE),--device "$(DEVICE)")

test: ## run the kit's own tests, the linters and the type checker (JOBS=2: pytest's processes)
	$(if $(LABKIT_PYTHON),,@$(PYTHON) requirements/install.py --dev --nbgrader --docs --cluster --kubernetes)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m pytest --numprocesses $(or $(JOBS),2) --dist loadfile --no-loadscope-reorder

test-docker: ## build the images and try them for real, with the container engine that answers
	$(WITH_TOOLS)
	@LABKIT_TEST_DOCKER=1 $(PY) -m pytest tests/docker -rs --numprocesses 2 --dist loadfile

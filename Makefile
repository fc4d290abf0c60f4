# Every task by name; `make` alone lists them. Students' tasks are here, instructors' and authors' in solutions/tasks.mk.
# A target ends with 0 once its work was done, whatever the checks found (grader's exit codes 0 and 1).

PYTHON ?= python3
export PYTHONPATH := $(CURDIR)

ifdef LABKIT_PYTHON
# In the container the environment is there already.
PY := $(LABKIT_PYTHON)
READY :=
else
PY := .venv/bin/python
READY := ready
endif

# make lab4 task=ratio means TASK=ratio.
typed = $(or $($1),$(if $(filter command line,$(origin $2)),$($2)))
override TASK := $(call typed,TASK,task)
override FILE := $(call typed,FILE,file)
override STUDENT := $(call typed,STUDENT,student)

# Ctrl-C (130) is no error either: the command has said what is left. The trap keeps make from an error line of its own.
FINE = { code=$$?; [ $$code -le 1 ] || [ $$code -eq 130 ] || exit $$code; }
GRADER = @trap : INT; grader() { $(PY) -m grader "$$@" || $(FINE); }; grader
# The * of ARGS="2 + 3 * 4" is no pattern of file names.
SCRIPT = @trap : INT; set -f; script() { $(PY) -m grader run "$$@" || $(FINE); }; script
# make lab4-test: the lab, and one of its own scripts. Targets with a rule of their own come first.
LAB_AND_SCRIPT = $(firstword $(subst -, ,$*)) $(patsubst $(firstword $(subst -, ,$*))-%,%,$*)
TASK_OPTION = $(if $(TASK),--task "$(TASK)")
# What make itself says, in the reader's language; in English where there is no Python yet.
SAID = { $(or $(LABKIT_PYTHON),$(PYTHON)) -S labs/common/listed.py 2> /dev/null || cat; }
COURSE_OPTION = $(if $(COURSE),--course "$(COURSE)")

.DEFAULT_GOAL := help
.PHONY: help setup ready lab progress tiny-model warm-start tensorboard doctor update verify image shell jupyter FORCE

MANIFESTS := $(wildcard labs/lab3_*/lab.toml) $(wildcard labs/lab*_*/lab.toml)

help: ## list what can be typed
	@{ echo "In place of lab3 any lab can stand: $(foreach lab,$(wildcard labs/lab*_*),$(firstword $(subst _, ,$(notdir $(lab)))))"; \
	  awk "$$LIST" Makefile $(MANIFESTS) $(filter-out Makefile,$(MAKEFILE_LIST)); } \
	  | $(SAID)

# Lists the targets of makefiles, and the scripts of labs by lab.toml, each kind of script once.
define LIST
function line(what, help) { printf "  make %-32s %s\n", what, help }
/^[a-z][-a-z0-9%]*:.*## / { help = $$0; sub(/:.*/, "", $$0); sub(/.*## /, "", help); sub("%", "3", $$0); line($$0, help) }
/^\[/ { scripts = $$0 == "[scripts]" }
scripts && match($$0, /help = \047.*\047/) {
  help = substr($$0, RSTART + 8, RLENGTH - 9)
  split(FILENAME, part, /[\/_]/)
  if (!seen[$$1, help]++) line(part[2] "-" $$1, help)
}
endef
export LIST

setup: $(READY) ## set .venv up (the other targets do it by themselves the first time)

ready:
	@trap : INT; $(PYTHON) requirements/install.py

lab%-hint: $(READY) FORCE ## the next hint for TASK=...
	$(GRADER) hint lab$* $(TASK_OPTION)

lab%-watch: $(READY) FORCE ## check at each save, in half a second, with a key each for hint, next, reset (TASK=... begins there)
	$(GRADER) watch lab$* $(TASK_OPTION) $(if $(FORMAT),--format "$(FORMAT)")

lab%-debug: $(READY) FORCE ## call a function with the public case that fails, and stop in it (TASK=... for one task)
	$(GRADER) debug lab$* $(TASK_OPTION)

lab%-reset: $(READY) FORCE ## put TASK=... (or FILE=returns.py) back to the skeleton, with a backup
	$(GRADER) reset lab$* $(TASK_OPTION) $(if $(FILE),--file "$(FILE)")

lab%-submit: $(READY) FORCE ## check once more and pack what you hand in (STUDENT=your-id)
	$(GRADER) submit lab$* $(if $(STUDENT),--student "$(STUDENT)") $(COURSE_OPTION)

lab%-notebook: $(READY) FORCE ## open the report in JupyterLab (make jupyter does it in the container image)
	@$(PY) -m grader notebook lab$* || { code=$$?; [ $$code -eq 1 ] || [ $$code -eq 130 ] || exit $$code; }

progress: $(READY) ## say how far all labs are, and what is next (CHECK=1 first checks what was changed)
	$(GRADER) progress $(if $(CHECK),--check)

lab: # make lab 4
	@echo "The number belongs to the word: make lab$(or $(filter-out lab,$(MAKECMDGOALS)),3)" | $(SAID) >&2; exit 2

# After the rules above: make 3.81, which macOS has, takes the first that matches.
lab%: $(READY) FORCE ## check a lab: what passes, what is to do; TASK=reward_to_go for one task
	$(if $(findstring -,$*),$(SCRIPT) lab$(LAB_AND_SCRIPT) -- $(ARGS),$(GRADER) check lab$* $(TASK_OPTION) $(if $(FORMAT),--format "$(FORMAT)"))

tiny-model: $(READY) ## train the tiny language model of labs 5 to 7 again (three minutes; the same file comes out; ARGS="--toy two_languages")
	@trap : INT; $(PY) labs/common/toys/make.py $(ARGS) || $(FINE)

warm-start: $(READY) ## teach a real model the format once, on a GPU; labs 5 to 9 do it by themselves (MODEL=smollm2)
	@trap : INT; $(PY) -m labs.common.warm_start $(ARGS) || $(FINE)

tensorboard: $(READY) ## show the curves of all labs in TensorBoard, also while training runs (ARGS="--port 6007")
	$(if $(LABKIT_PYTHON),,@$(PYTHON) requirements/install.py --tensorboard)
	@trap : INT; $(PY) -m labs.common.tensorboard $(ARGS) || $(FINE)

doctor: ## say what is in the way of the labs here, and the fix (instructors: which sandbox holds, SANDBOX=auto)
	@$(PYTHON) -m grader.doctor $(if $(SANDBOX),--sandbox "$(SANDBOX)") || [ $$? -eq 1 ]

update: $(READY) ## take a newer release over: FROM=release.zip or its folder; your work stays
	$(GRADER) update "$(FROM)"

verify: $(READY) ## check a packed archive again, unpacked as grading does it: FILE=submissions/ada_lab3_....zip
	$(GRADER) verify "$(FILE)" $(if $(LAB),--lab "$(LAB)")

image: ## build the container image to work in (ACCELERATOR=cuda, where there is an NVIDIA driver; else cpu)
	@$(PYTHON) docker/engine.py image student

shell: ## open it, with your labs mounted (WORK=folder; an empty one is filled; RUN="make lab3")
	@$(PYTHON) docker/engine.py shell

jupyter: ## serve JupyterLab from it on localhost (PORT=8888)
	@$(PYTHON) docker/engine.py jupyter

FORCE:

-include solutions/tasks.mk

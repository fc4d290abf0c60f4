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

GRADER = @grader() { $(PY) -m grader "$$@" || [ $$? -eq 1 ]; }; grader
# A script of a lab's may also have been stopped by Ctrl-C.
SCRIPT = @script() { $(PY) -m grader run "$$@"; code=$$?; [ $$code -le 1 ] || [ $$code -eq 130 ] || exit $$code; }; script
TASK_OPTION = $(if $(TASK),--task "$(TASK)")

.DEFAULT_GOAL := help
.PHONY: help setup ready lab4-test lab4-resume tiny-model doctor image shell jupyter FORCE

help: ## list what can be typed
	@echo "In place of lab3 any lab can stand: $(foreach lab,$(wildcard labs/lab*_*),$(firstword $(subst _, ,$(notdir $(lab)))))"
	@awk -F ':.*## ' '/^[a-z][-a-z0-9%]*:.*## / { sub("%", "3", $$1); printf "  make %-32s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## set .venv up (the other targets do it by themselves the first time)

ready:
	@$(PYTHON) requirements/install.py

lab%: $(READY) FORCE ## check a lab: what passes, what is to do; TASK=reward_to_go for one task
	$(GRADER) check lab$* $(TASK_OPTION)

lab%-hint: $(READY) FORCE ## the next hint for TASK=...
	$(GRADER) hint lab$* $(TASK_OPTION)

lab%-debug: $(READY) FORCE ## open a debugger where a check of TASK=... fails
	@$(PY) -m pytest labs/lab$*_* $(if $(TASK),-k "$(TASK)") --pdb $(ARGS) || [ $$? -le 2 ]

lab%-train: $(READY) FORCE ## train with your functions (ARGS="--seeds 5", ARGS=--help)
	$(SCRIPT) lab$* train -- $(ARGS)

lab4-test: $(READY) ## play with what was trained (ARGS="--actor_model FILE", ARGS=--render)
	$(SCRIPT) lab4 train -- --mode test $(ARGS)

lab4-resume: $(READY) ## train on from what was trained (ARGS="--actor_model FILE --critic_model FILE")
	$(SCRIPT) lab4 train -- --resume $(ARGS)

lab%-plot: $(READY) FORCE ## draw what training measured
	$(SCRIPT) lab$* plot -- $(ARGS)

lab%-reset: $(READY) FORCE ## put TASK=... (or FILE=returns.py) back to the skeleton, with a backup
	$(GRADER) reset lab$* $(TASK_OPTION) $(if $(FILE),--file "$(FILE)")

lab%-submit: $(READY) FORCE ## check once more and pack what you hand in (STUDENT=your-id)
	$(GRADER) submit lab$* $(if $(STUDENT),--student "$(STUDENT)")

tiny-model: $(READY) ## train the tiny language model of labs 5 to 9 again (three minutes; the same file comes out)
	@$(PY) labs/common/make_tiny_model.py $(ARGS)

doctor: $(READY) ## say what this machine has for the labs (instructors: and which sandbox it allows; SANDBOX=auto)
	$(GRADER) doctor $(if $(SANDBOX),--sandbox "$(SANDBOX)")

image: ## build the container image to work in (ACCELERATOR=cuda, where there is an NVIDIA driver; else cpu)
	@$(PYTHON) docker/engine.py image student

shell: ## open it, with your labs mounted (WORK=folder; an empty one is filled; RUN="make lab3")
	@$(PYTHON) docker/engine.py shell

jupyter: ## serve JupyterLab from it on localhost (PORT=8888)
	@$(PYTHON) docker/engine.py jupyter

FORCE:

-include solutions/tasks.mk

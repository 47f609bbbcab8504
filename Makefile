# The commands of epigroup. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

CORES ?= $(shell nproc)
CONFIG ?= config/config.yaml
SNAKEMAKE_ARGS ?=
PYTEST_ARGS ?=
export PYTHON PIP_FLAGS

# The environment comes first, so that rules run its python; tools that set-up got from conda come last.
export PATH := $(CURDIR)/.venv/bin:$(PATH):$(CURDIR)/.tools/align/bin:$(CURDIR)/.tools/macs2/bin:$(CURDIR)/.tools/bedtools/bin

# The tests of what is computed, and the settings under which they run once more: the instructions of an older processor.
# One of them plays such processors itself, one weighs memory, which hangs on no instruction.
NUMERICAL := $(addprefix tests/unit/,affinity baselines evaluation grouping networks prediction training \
	comparison/test_k_choice.py dataset/test_label_correlation.py) \
	--ignore=tests/unit/grouping/test_any_processor.py --ignore=tests/unit/training/test_memory.py
OLDER := ATEN_CPU_CAPABILITY=default ONEDNN_MAX_CPU_ISA=AVX2 OPENBLAS_CORETYPE=Haswell \
	NPY_DISABLE_CPU_FEATURES="X86_V4 AVX512_ICL AVX512_SPR"

.PHONY: help setup demo run config test test-processor test-faults test-fuzz test-slurm lint format docs reference plan reruns compare

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' | expand -t 16

setup: ## make .venv and find or install the command-line tools; a second run does nothing
	@setup/setup.sh

demo: run ## set up and run the workflow on the demo: results/report/report.html

# The display lies in workflow/scripts. The command is said: typed by hand it shows Snakemake's own output.
SNAKEMAKE = $(strip --cores $(CORES) $(SNAKEMAKE_ARGS) --configfile $(CONFIG) $(if $(TARGET),-- $(TARGET)))
run: export PYTHONPATH := $(CURDIR)/workflow/scripts$(if $(PYTHONPATH),:$(PYTHONPATH))
run: setup ## run the workflow on CONFIG=..., with CORES=... and SNAKEMAKE_ARGS=..., on one screen; TARGET=... alone
	@echo "snakemake $(SNAKEMAKE)"
	@snakemake $(if $(filter plan,$(TARGET)),--quiet rules progress host reason,--logger epigroup --printshellcmds) $(SNAKEMAKE)

config: setup ## write a config for your sheet: make config SHEET=mine.tsv FASTA=genome.fa [OUT=config/mine.yaml]
	@test -n "$(SHEET)" && test -n "$(FASTA)" || { echo "make config SHEET=mine.tsv FASTA=genome.fa [OUT=config/mine.yaml]" >&2; exit 2; }
	@python config/make_config.py "$(SHEET)" "$(FASTA)" $(if $(OUT),--out "$(OUT)")

test: setup ## run the tests; artefacts/ keeps screenshots of the report
	@setup/setup.sh browser bedtools
	EPIGROUP_ARTEFACTS="$${EPIGROUP_ARTEFACTS:-$(CURDIR)/artefacts}" OMP_NUM_THREADS=1 python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

test-processor: setup ## run the numerical tests once more as on an older processor
	$(OLDER) python -m pytest -n 2 $(NUMERICAL) $(PYTEST_ARGS)

test-faults: setup ## kill jobs, fill disks, damage files: what survives stands in docs/reliability.md
	python -m pytest -n 2 --dist loadfile --no-loadscope-reorder tests/faults $(PYTEST_ARGS)

test-fuzz: setup ## try thousands of malformed sheets, configs and data files; the last lines count them
	python -m pytest tests/fuzz $(PYTEST_ARGS)

test-slurm: setup ## run the one-minute config on a real Slurm of this machine's own (root, Debian)
	@setup/setup.sh slurm
	python -m pytest tests/slurm $(PYTEST_ARGS)

lint: setup ## check style, types, what imports what, and the docs: ruff, snakefmt, snakemake --lint, lint-imports, mypy, mkdocs
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow
	snakemake --lint
	PYTHONPATH=workflow/scripts lint-imports --no-cache --no-logo
	mypy
	python docs/reference/config.py --check
	python docs/reference/outputs.py --check
	site=$$(mktemp -d) && trap 'rm -rf "$$site"' EXIT && NO_MKDOCS_2_WARNING=1 mkdocs build --strict --quiet --site-dir "$$site"

format: setup ## bring the code into shape
	ruff check --fix .
	ruff format .
	snakefmt Snakefile workflow

docs: setup ## write the documentation as a site: site/index.html
	NO_MKDOCS_2_WARNING=1 mkdocs build --strict --quiet
	@echo "site/index.html (with search: python -m http.server --directory site)"

reference: setup ## write anew what is made from the schemas and records: docs/reference/{config,sheet,outputs}.md
	python docs/reference/config.py
	python docs/reference/outputs.py

reruns: setup ## write anew which edit reruns what: docs/developers/reruns.md
	python docs/developers/reruns.py

compare: setup ## hold the results of tests/mini of the commit BASE=... against those of the files here
	python tests/compare_trees.py $(BASE)

plan: setup ## say what CONFIG means before anything runs: trainings, GPU hours, disk, jobs
	snakemake --cores 1 --quiet rules progress host reason --configfile $(CONFIG) -- plan

#!/usr/bin/env bash
# Makes everything the workflow needs: the Python environment .venv and the command-line tools. A second run does nothing.
#   setup/setup.sh [check|tools|python|multiqc|browser|bedtools|slurm]...     default: check tools python multiqc
# Environment: PYTHON (python3.11, python3.12 or python3.13), PIP_FLAGS (further options of `pip install`).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# What installers say goes to this file; its end is shown where one fails.
log=.tools/setup.log
quietly() {
  local status=0
  mkdir -p .tools
  "$@" >>$log 2>&1 </dev/null || status=$?
  if [ $status != 0 ]; then
    say "failed: $*; the end of $log:" >&2
    tail -n 15 $log >&2
  fi
  return $status
}

stamp=.venv/.epigroup-ready            # holds what was installed; written last
unfinished=.venv/.epigroup-unfinished  # there while an installation runs

# ---- Python -----------------------------------------------------------------------------------------------------
version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

choose_python() {
  local name
  for name in ${PYTHON:-python3.11 python3}; do
    version=$(version_of "$name") || continue
    case "$version" in
      3.11 | 3.12 | 3.13)
        "$name" -c 'import venv, ensurepip' 2>/dev/null ||
          fail "Python's venv module is missing; install it first: apt-get install python$version-venv"
        python=$name
        return
        ;;
    esac
    fail "$name is Python ${version:-unknown}; epigroup needs 3.11, 3.12 or 3.13: make PYTHON=python3.12 ..."
  done
  fail "${PYTHON:-python3.11} does not run here; install Python 3.11, 3.12 or 3.13, or name one: make PYTHON=python3.12 ..."
}

# Sets python and version: of the environment that is there, else of the machine. Cheap, so that it comes before all else.
setup_check() {
  if [ -z "${PYTHON:-}" ] && [ ! -e $unfinished ] && version=$(version_of .venv/bin/python); then
    python=.venv/bin/python
  else
    choose_python
  fi
}

setup_python() {
  local want
  [ -n "${version:-}" ] || setup_check
  want="$version $(sha256sum <requirements.txt | cut -d' ' -f1)"
  if [ ! -e $unfinished ] && [ "$(cat $stamp 2>/dev/null)" = "$want" ]; then return; fi

  # An installation that was cut short leaves packages in pieces that pip takes for whole: begin anew.
  if [ -e $unfinished ]; then say "an earlier set-up was cut short; making .venv anew"; rm -rf .venv; fi
  if [ -d .venv ] && [ "$(version_of .venv/bin/python)" != "$version" ]; then
    say ".venv is not of Python $version; making it anew"; rm -rf .venv
  fi
  if [ ! -d .venv ]; then
    # The mark comes first, so that not even a half-made folder is taken for an environment.
    mkdir .venv && touch $unfinished
    quietly "$python" -m venv .venv
  fi
  say "installing the packages of requirements.txt into .venv (Python $version)"
  touch $unfinished
  rm -f $stamp
  # shellcheck disable=SC2086  # PIP_FLAGS is a list of options
  quietly .venv/bin/python -m pip install --disable-pip-version-check --progress-bar off ${PIP_FLAGS:-} -r requirements.txt
  .venv/bin/python -m pip check --disable-pip-version-check >/dev/null ||
    fail "the packages in .venv do not fit each other: .venv/bin/python -m pip check"
  rm -f $unfinished
  echo "$want" >$stamp
  say ".venv is ready"
}

# ---- command-line tools -----------------------------------------------------------------------------------------
declare -A package=([bowtie2]=bowtie2 [samtools]=samtools [fastp]=fastp [macs2]=macs)

missing_tools() {
  local tool
  for tool in bowtie2 samtools fastp macs2; do have "$tool" || printf '%s ' "$tool"; done
}

apt_install() {
  # One refresh of apt's lists a run: a new machine has none, and an old list names files that are gone.
  if [ -z "${apt_is_fresh:-}" ]; then quietly apt-get update && apt_is_fresh=yes; fi
  DEBIAN_FRONTEND=noninteractive quietly apt-get install -y --no-install-recommends "$@"
}

may_apt() { [ "$(id -u)" = 0 ] && have apt-get; }

conda_env() { # NAME: workflow/envs/NAME.yaml into .tools/NAME
  local name=$1 conda
  for conda in micromamba mamba conda; do if have $conda; then break; fi; done
  say "installing workflow/envs/$name.yaml into .tools/$name with $conda"
  rm -rf ".tools/$name"
  mkdir -p .tools
  case $conda in
    micromamba) quietly micromamba create --yes --prefix ".tools/$name" --file "workflow/envs/$name.yaml" ;;
    *) quietly $conda env create --prefix ".tools/$name" --file "workflow/envs/$name.yaml" ;;
  esac
}

setup_tools() {
  # At the end of PATH: an environment of conda brings a python of its own.
  export PATH="$PATH:$PWD/.tools/align/bin:$PWD/.tools/macs2/bin"
  local missing tool names=()
  missing=$(missing_tools)
  if [ -z "$missing" ]; then return; fi
  if may_apt; then
    for tool in $missing; do names+=("${package[$tool]}"); done
    say "installing ${names[*]} with apt-get"
    apt_install "${names[@]}" || say "apt-get could not install them" >&2
    hash -r
    missing=$(missing_tools)
  fi
  if [ -n "$missing" ] && { have micromamba || have mamba || have conda; }; then
    case " $missing" in *" bowtie2 "* | *" samtools "* | *" fastp "*) conda_env align || true ;; esac
    case " $missing" in *" macs2 "*) conda_env macs2 || true ;; esac
    hash -r
    missing=$(missing_tools)
    if [ -z "$missing" ]; then
      say "the tools are in .tools; make finds them there. For snakemake typed by hand:"
      say "  export PATH=\$PATH:\$PWD/.tools/align/bin:\$PWD/.tools/macs2/bin"
    fi
  fi
  if [ -z "$missing" ]; then return; fi
  names=()
  for tool in $missing; do names+=("${package[$tool]}"); done
  fail "not found on PATH: ${missing% }. Two ways to get them:
  1. as root on Debian 12 or Ubuntu 22.04:  apt-get update && apt-get install ${names[*]}
     (where the package macs is MACS 3, as from Ubuntu 24.04 on, it brings no macs2: take the other way)
  2. with conda, mamba or micromamba on PATH: run the same make command again, and it makes .tools from workflow/envs"
}

# ---- MultiQC: its packages are other versions than the workflow's, so it has an environment of its own ------------
setup_multiqc() {
  local home=.tools/multiqc want
  [ -n "${version:-}" ] || setup_check
  want="$version $(sha256sum <setup/multiqc.txt | cut -d' ' -f1)"
  if [ "$(cat $home/.epigroup-ready 2>/dev/null)" = "$want" ] && [ -x .venv/bin/multiqc ]; then return; fi
  if have multiqc && [ ! -e $home ]; then return; fi
  say "installing MultiQC into $home"
  rm -rf $home
  mkdir -p .tools
  # shellcheck disable=SC2086  # PIP_FLAGS is a list of options
  if quietly "$python" -m venv $home && quietly $home/bin/python -m pip install --disable-pip-version-check \
    --progress-bar off ${PIP_FLAGS:-} -r setup/multiqc.txt; then
    # Found by whoever has activated .venv, also on the nodes of a cluster.
    ln -sfn "$PWD/$home/bin/multiqc" .venv/bin/multiqc
    echo "$want" >$home/.epigroup-ready
  else
    say "without MultiQC: runs with reads need qc.multiqc: false, until make setup can install it" >&2
  fi
}

# ---- browser: only the tests of the report ask for one; without it they say so and skip --------------------------
setup_browser() {
  if have chromium && have chromedriver || [ -e .venv/.epigroup-no-browser ]; then return; fi
  if may_apt; then
    say "installing chromium and its driver with apt-get, for the tests of the report"
    if apt_install chromium chromium-driver; then return; fi
  fi
  say "no chromium with chromedriver here: the tests that open the report in a browser will be skipped"
  touch .venv/.epigroup-no-browser
}

# ---- bedtools: no rule calls it; tests hold the library's intervals against its own -------------------------------
setup_bedtools() {
  local conda
  export PATH="$PATH:$PWD/.tools/bedtools/bin"
  if have bedtools || [ -e .venv/.epigroup-no-bedtools ]; then return; fi
  say "installing bedtools, for the tests"
  if may_apt && apt_install bedtools; then return; fi
  for conda in micromamba mamba conda; do
    if have $conda && quietly $conda create --yes --prefix .tools/bedtools \
      --channel conda-forge --channel bioconda bedtools=2.31.1; then return; fi
  done
  say "no bedtools here: the tests that hold results against it will be skipped"
  touch .venv/.epigroup-no-bedtools
}

setup_slurm() {
  if (export PATH="$PATH:/usr/sbin:/sbin"; have slurmctld && have slurmd && have slurmdbd && have munged && have mariadbd); then return; fi
  if may_apt; then
    say "installing Slurm, munge and MariaDB with apt-get, for the tests on a cluster"
    if apt_install slurm-wlm slurmdbd munge mariadb-server; then return; fi
  fi
  say "no Slurm here: the tests on a cluster will be skipped; they need root and Debian's packages"
  say "slurm-wlm, slurmdbd, munge and mariadb-server"
}

# One set-up at a time, and none beside what a killed one left running: the lock is held by its children too.
if have flock; then
  # Open for writing as well: locks over NFS want it. A file system that has no locks goes without.
  exec 9<>setup/setup.sh
  flock --nonblock --conflict-exit-code 75 9 || {
    [ $? != 75 ] || { say "waiting for another set-up in this folder"; flock 9; }
  }
fi
[ $# -gt 0 ] || set -- check tools python multiqc
for part in "$@"; do "setup_$part"; done

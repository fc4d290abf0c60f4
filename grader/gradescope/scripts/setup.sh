#!/usr/bin/env bash
# Gradescope runs this once, as root, when the autograder is uploaded: Python, the packages of the lock, and who may
# read what. The grader needs Python 3.11. Ubuntu 22.04 has 3.10, and as a package a release candidate of 3.11, with which
# torch does not import transformers: where no Python will do, uv brings one.
set -euo pipefail
kit=${AUTOGRADER_ROOT:-/autograder}/source/kit
export DEBIAN_FRONTEND=noninteractive PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
umask 022

if ! python3 -c 'import ctypes, ensurepip; ctypes.CDLL("libseccomp.so.2")' 2> /dev/null; then
  apt-get update
  apt-get install --yes --no-install-recommends ca-certificates libseccomp2 python3 python3-venv
fi
python=
for name in python3 python3.13 python3.12 python3.11; do
  if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11, 0, "final"))' 2> /dev/null; then
    python=$name
    break
  fi
done
if [ -z "$python" ]; then
  python3 -m venv /opt/uv
  /opt/uv/bin/pip install --quiet uv==0.13.9
  export UV_PYTHON_INSTALL_DIR=/opt/python
  /opt/uv/bin/uv python install 3.11
  python=$(/opt/uv/bin/uv python find --managed-python --no-project 3.11)
fi

"$python" "$kit/requirements/install.py"
"$kit/.venv/bin/python" -m compileall -q "$kit/grader" "$kit/labs" "$kit/solutions"
# A worker is another user: it reads Python and its own part of the kit, and nothing of the solutions.
chmod 711 "$kit/.." "$kit"
chmod -R go=rX "$kit/grader" "$kit/labs" "$kit/.venv"
chmod -R go= "$kit/solutions" "$kit"/labs/lab*_* "$kit/requirements"

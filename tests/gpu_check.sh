#!/usr/bin/env bash
# Measures reportgen on a GPU with JAX, beside the same on the CPU, in under eight minutes.
#
#   bash tests/gpu_check.sh CARRIED OUT [--small]
#
# CARRIED is a folder with vgg16_edges.weights.h5 (weights of VGG16 without its top) and the wheels of
# what Python lacks there; OUT gets gpu_check.json and the log. --small is the trial on a CPU.
set -uo pipefail
cd "$(dirname "$0")/.."
carried=$(realpath "${1:?a folder with weights and wheels}") out=$(realpath -m "${2:?a folder}")
shift 2
mkdir -p "$out"
if compgen -G "$carried/*.whl" >/dev/null; then
    site=$(mktemp -d)
    python3 -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --upgrade \
        --target "$site" "$carried"/*.whl || exit 1
    export PYTHONPATH="$site:${PYTHONPATH:-}"
fi
export PYTHONPATH="$PWD:${PYTHONPATH:-}" PYTHONUNBUFFERED=1
python3 -m tests.gpu_check "$carried" "$out" "$@" 2>&1 | tee "$out/gpu_check.log"

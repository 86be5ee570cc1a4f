#!/usr/bin/env bash
# Measures reportgen on a GPU with JAX, beside the same on the CPU, in under eight minutes.
#
#   bash tests/gpu_check.sh CARRIED OUT [--small]
#
# CARRIED is a folder with vgg16_edges.weights.h5 (weights of VGG16 without its top) and the wheels of
# what Python lacks there; OUT gets gpu_check.json and the log. --small is the trial on a CPU.
#
# On a machine with JAX and without TensorFlow these wheels were missing (6 MB): keras, namex, optree,
# pydantic, pydantic-core, annotated-types, typing-inspection, platformdirs. Those of typst and pikepdf
# are not needed, since no PDF is made. Weights in half precision are 29 MB instead of 59:
#
#   python -m pip download --no-deps --only-binary=:all: --python-version 3.12 --implementation cp \
#       --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 \
#       --platform manylinux2014_x86_64 -d CARRIED keras namex optree pydantic pydantic-core …
#   python -m tests.gpu_check_parts halved vgg16_edges.weights.h5 CARRIED
#
# pydantic-core has to be the release that pydantic names.
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

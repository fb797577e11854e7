#!/usr/bin/env bash
# Installs everything plmr needs to be built and tested on Debian 12. Safe to
# call again: it returns at once when every package is present.
set -euo pipefail

# Why each package is needed: docs/Dependencies.md.
packages=(
  # The compiler: MLIR and its test tools, clang, the linker, the build.
  llvm-22-dev libmlir-22-dev mlir-22-tools llvm-22-tools
  clang-22 lld-22 libclang-rt-22-dev cmake ninja-build ccache
  # Code style.
  clang-tidy-22 clang-format-22
  # Libraries.
  protobuf-compiler libprotobuf-dev nlohmann-json3-dev libcli11-dev
  zlib1g-dev libzstd-dev
  # Tests.
  libgtest-dev libgmock-dev python3 python3-numpy
)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ "${#missing[@]}" -eq 0 ] && exit 0

sudo=
if [ "$(id -u)" -ne 0 ]; then sudo=sudo; fi
echo "installing: ${missing[*]}" >&2
$sudo apt-get -qq -o DPkg::Lock::Timeout=300 update
DEBIAN_FRONTEND=noninteractive $sudo apt-get -qq -y \
  -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
  install --no-install-recommends "${missing[@]}" >&2

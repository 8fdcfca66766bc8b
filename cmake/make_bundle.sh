#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./x bundle: builds the bundle preset and packs it. What it promises is checked here, before anything is packed:
# only glibc is needed, only the C ABI is visible, and the archive stays under its limit.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly NAME=girih-linux-x86_64
readonly LIMIT_MIB=30
readonly NEWEST_GLIBC=2.36
readonly BUILD=build/bundle
readonly STAGE=dist/$NAME

die() { printf 'bundle: %s\n' "$*" >&2; exit 1; }

check_needed() {
  local file=$1 name
  for name in $(readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p'); do
    case $name in
      libc.so.6 | libm.so.6 | ld-linux-x86-64.so.2 | libgirih.so | libomp.so.5) ;;
      # Part of glibc since 2.34, names kept for old programs.
      libpthread.so.0 | libdl.so.2 | librt.so.1) ;;
      *) die "$file needs $name, which a bare machine may lack" ;;
    esac
  done
}

check_glibc() {
  local file=$1 newest
  newest=$(objdump -T "$file" | grep -oE 'GLIBC_[0-9.]+' | sed 's/GLIBC_//' | sort -uV | tail -n 1)
  [[ $(printf '%s\n' "$newest" "$NEWEST_GLIBC" | sort -V | tail -n 1) == "$NEWEST_GLIBC" ]] ||
    die "$file needs glibc $newest, newer than $NEWEST_GLIBC"
  printf '  %-18s %6s KiB, needs glibc %s\n' "$(basename "$file")" "$(($(stat -c %s "$file") / 1024))" "$newest"
}

check_exports() {
  local visible
  visible=$(nm -D --defined-only "$1" | awk '{print $3}' | grep -v '^girih_' || true)
  [[ -z $visible ]] || die "$1 shows more than the C ABI: $(head -n 5 <<<"$visible" | tr '\n' ' ')"
}

stage() {
  rm -rf "$STAGE"
  mkdir -p "$STAGE/lib" "$STAGE/python"
  install -m 755 -s "$BUILD/girih" "$STAGE/girih"
  install -m 644 "$BUILD/lib/libgirih.so" "$STAGE/lib/libgirih.so"
  if readelf -d "$STAGE/lib/libgirih.so" | grep -q 'libomp\.so\.5'; then
    # Debian has no static libomp; it travels beside the library and is found through $ORIGIN.
    install -m 644 -s "$(readlink -f "$(clang++-22 -print-file-name=libomp.so.5)")" "$STAGE/lib/libomp.so.5"
  fi
  git ls-files --cached --others --exclude-standard -z -- 'python/*.py' 'python/*.toml' 'python/*.md' |
    xargs -0 -r cp --parents -t "$STAGE"
  cp LICENSE VERSION "$STAGE/"
  install -m 755 cmake/bundle/test cmake/bundle/bench cmake/bundle/ops "$STAGE/"
}

main() {
  GIRIH_PRESET=bundle ./x build girih_multicall
  stage
  local file
  for file in "$STAGE/girih" "$STAGE"/lib/*.so*; do
    check_needed "$file"
    check_glibc "$file"
  done
  check_exports "$STAGE/lib/libgirih.so"
  "$STAGE/girih" test --gtest_list_tests >/dev/null || die "the packed program does not start"
  tar -C dist --sort=name --owner=0 --group=0 --mtime=@0 -cf - "$NAME" | xz -6 -T0 >"dist/$NAME.tar.xz"
  local bytes
  bytes=$(stat -c %s "dist/$NAME.tar.xz")
  printf 'dist/%s.tar.xz  %d.%d MiB\n' "$NAME" $((bytes >> 20)) $(((bytes & 0xfffff) * 10 >> 20))
  ((bytes < LIMIT_MIB << 20)) || die "the archive is over $LIMIT_MIB MiB"
}

main

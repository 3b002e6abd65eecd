#!/bin/sh
# Puts known bugs back into a copy of the scheduler, one at a time, and shows which seed finds each.
# Usage: mutants/check.sh [COUNT]     how many seeds to try at most, 2000 by default
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
count=${1:-2000}
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir "$copy/crates"
cp "$root/Cargo.lock" "$root/clippy.toml" "$copy/"
sed 's|^members = .*|members = ["crates/*"]|' "$root/Cargo.toml" >"$copy/Cargo.toml"
missed=0
for patch in "$here"/*.patch; do
    for crate in types scheduler scheduler-sim; do
        rm -rf "$copy/crates/$crate"
        cp -R "$root/crates/$crate" "$copy/crates/"
    done
    name=$(basename "$patch" .patch)
    if ! patch --quiet --strip=1 --directory="$copy" <"$patch"; then
        echo "$name: the patch does not apply any more"
        missed=1
        continue
    fi
    if (cd "$copy" && CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$root/target}/mutants" cargo run --quiet --release \
        -p hearth-scheduler-sim -- run --seed 0 --count "$count") >"$copy/out" 2>&1; then
        echo "$name: not found in $count seeds"
        missed=1
    else
        echo "$name: $(grep -E '^seed [0-9]+ violates' "$copy/out" || tail -n 5 "$copy/out")"
    fi
done
exit "$missed"

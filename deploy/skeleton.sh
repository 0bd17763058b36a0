#!/bin/sh
# Copies a workspace without its code: manifests, the lock file, and empty sources where cargo expects some. What is built from it are the
# dependencies alone, so that a layer of an image holds them until a manifest changes.
#   skeleton.sh FROM TO
set -eu
from=$1 to=$2
mkdir -p "$to"
cp "$from/Cargo.toml" "$from/Cargo.lock" "$to"
find "$from" \( -name target -o -name .dev \) -prune -o -name Cargo.toml -print | while read -r manifest; do
  folder=$(dirname "${manifest#"$from/"}")
  mkdir -p "$to/$folder/src"
  cp "$manifest" "$to/$folder/Cargo.toml"
  [ ! -f "$from/$folder/src/lib.rs" ] || : >"$to/$folder/src/lib.rs"
  for program in "$from/$folder/build.rs" "$from/$folder"/src/main.rs "$from/$folder"/src/bin/*.rs; do
    [ -f "$program" ] || continue
    mkdir -p "$(dirname "$to/${program#"$from/"}")"
    echo 'fn main() {}' >"$to/${program#"$from/"}"
  done
done

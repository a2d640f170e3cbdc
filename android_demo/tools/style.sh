#!/bin/sh
# style.sh [--check]: formats the Kotlin sources with ktfmt and the line width of .editorconfig; --check changes nothing
# and fails if something would change. The check build puts ktfmt into app/target/tools.
set -eu
cd "$(dirname "$0")/.."
check=
[ "${1:-}" != --check ] || check="--dry-run --set-exit-if-changed"
# shellcheck disable=SC2086,SC2046 # words and files, none with a blank
java -XX:TieredStopAtLevel=1 -jar app/target/tools/ktfmt.jar --kotlinlang-style --enable-editorconfig --quiet $check \
    $(find app/src checks/api26/src checks/speed/src -name '*.kt') || { echo "fix: make android-format" >&2; exit 1; }

#!/bin/sh
# page_sizes.sh ARCHIVE: its 64-bit libraries can be mapped on a device with pages of 16 KB: every segment is aligned to 16384 or more.
# For an APK (lib/ABI) or an AAR (jni/ABI).
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unzip -qo "$1" '*/arm64-v8a/*.so' '*/x86_64/*.so' -d "$work"
for library in $(find "$work" -name '*.so'); do
    for align in $(readelf -lW "$library" | sed -n 's/^ *LOAD.* \(0x[0-9a-f]*\)$/\1/p'); do
        [ $((align)) -ge 16384 ] || { echo "expected ${library#"$work"/} aligned to 0x4000; found $align" >&2; exit 1; }
    done
    echo "${library#"$work"/}: 16 KB"
done

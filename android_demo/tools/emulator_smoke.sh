#!/bin/sh
# emulator_smoke.sh OUT: on the one device that adb sees, for the debug and the shrunk APK of the Gradle build: install, live screen,
# `am start` of the benchmark with both bundled models, result pulled and read. Pictures, logs and results go to OUT.
set -eu
out=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
package=org.mobileseg.demo
mkdir -p "$out"
for kind in debug release; do
    apk=$root/android_demo/app/build/outputs/apk/$kind/app-$kind.apk
    adb uninstall "$package" > /dev/null 2>&1 || true
    adb install -g "$apk"
    adb logcat -c
    adb shell am start -W -n "$package/.ui.MainActivity"
    sleep 20
    adb exec-out screencap -p > "$out/$kind.png"
    adb logcat -d > "$out/$kind.log"
    adb shell pidof "$package" > /dev/null || { echo "expected the $kind app to run; found it ended: $out/$kind.log" >&2; exit 1; }
    "$root/.venv/bin/mobileseg" latency "$root"/android_demo/app/src/main/assets/artifacts/*.pte --device adb --in-app \
        --protocol quick --threads 2 --json "$out/$kind.json" --force
    "$root/.venv/bin/mobileseg" report "$out/$kind.json" --output "$out/$kind.html" --force
done

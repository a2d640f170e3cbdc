#!/bin/sh
# resources.sh APP OUT: res/ and AndroidManifest.xml -> OUT/resources.apk and OUT/r/**/R.java, with aapt2.
# Gradle's plugin adds package, SDK levels and version to the manifest; here this script does.
# $MIN $TARGET $VERSION_CODE $VERSION_NAME
set -eu
main=$1/src/main out=$2 package=org.mobileseg.demo
command -v aapt2 > /dev/null || { echo "expected aapt2; found none; fix: apt-get install aapt" >&2; exit 3; }
rm -rf "$out/r" "$out/merged"
mkdir -p "$out/r" "$out/merged" "$main/assets/artifacts"
version="android:versionCode=\"$VERSION_CODE\" android:versionName=\"$VERSION_NAME\""
levels="<uses-sdk android:minSdkVersion=\"$MIN\" android:targetSdkVersion=\"$TARGET\"/>"
sed -e "s#<manifest #<manifest package=\"$package\" $version #" -e "s#<application#$levels\n    <application#" \
    "$main/AndroidManifest.xml" > "$out/merged/AndroidManifest.xml"
aapt2 compile --dir "$main/res" -o "$out/res.zip"
# Debian's aapt2 skips one kind of chunk that it does not know in a newer framework, with a warning each time.
aapt2 link -o "$out/resources.apk" -I "$out/framework/android.jar" --manifest "$out/merged/AndroidManifest.xml" \
    -A "$main/assets" -0 pte -0 onnx --java "$out/r" "$out/res.zip" 2>&1 | { grep -v "Unknown chunk type '200'" || true; }
test -s "$out/r/org/mobileseg/demo/R.java"
for archive in monitor idling; do
    mkdir -p "$out/aar/$archive"
    (cd "$out/aar/$archive" && unzip -qo "../$archive.aar" classes.jar)
done

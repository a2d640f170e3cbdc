#!/bin/sh
# package.sh APP OUT: classes and OUT/resources.apk -> OUT/mobileseg-demo.apk: D8, R8, aligned, signed, verified.
#
# ONNX Runtime's classes are those of the desktop jar, without its native libraries, and ExecuTorch's come from an AAR
# that only Gradle fetches: the APK tests the toolchain; it does not run on a phone.
# $MIN $TARGET $ANDROID_JAR $ONNXRUNTIME_JAR $KOTLIN_JAR
set -eu
app=$1 out=$2
for tool in zipalign apksigner aapt2 dexdump zip unzip keytool; do
    command -v "$tool" > /dev/null || {
        echo "expected $tool; found none; fix: make android-tools as root" >&2
        exit 3
    }
done
java_home=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")}
work=$out/package apk=$out/mobileseg-demo.apk
rm -rf "$work" "$apk"
mkdir -p "$work/dex" "$work/onnxruntime"

(cd "$out/classes" && zip -qr "$work/app.jar" .)
(cd "$work/onnxruntime" && unzip -qo "$ONNXRUNTIME_JAR" 'ai/*' -x 'ai/onnxruntime/native/*')
(cd "$work/onnxruntime" && zip -qr "$work/onnxruntime.jar" ai)

# The SDK's android.jar contains java.*, android-all does not: the JDK provides them.
java -Xmx1g -cp "$out/tools/r8.jar" com.android.tools.r8.D8 --min-api "$MIN" --lib "$java_home" --lib "$ANDROID_JAR" \
    --output "$work/dex" "$work/app.jar" "$work/onnxruntime.jar" "$KOTLIN_JAR"
java -Xmx1g -cp "$out/tools/r8.jar" com.android.tools.r8.R8 --release --min-api "$MIN" \
    --lib "$java_home" --lib "$ANDROID_JAR" --pg-conf "$app/shrink.pro" --pg-conf "$app/shrink-check.pro" --output "$work/shrunk.zip" \
    "$work/app.jar" "$work/onnxruntime.jar" "$KOTLIN_JAR"

cp "$out/resources.apk" "$work/raw.apk"
(cd "$work/dex" && zip -q -X "$work/raw.apk" classes*.dex)
zipalign -f -p 4 "$work/raw.apk" "$work/aligned.apk"
keytool -genkeypair -keystore "$work/check.keystore" -storepass checkbuild -keypass checkbuild -alias check \
    -keyalg RSA -keysize 2048 -validity 2 -dname "CN=check build" 2> /dev/null
apksigner sign --ks "$work/check.keystore" --ks-pass pass:checkbuild --min-sdk-version "$MIN" \
    --out "$apk" "$work/aligned.apk"

apksigner verify --min-sdk-version "$MIN" "$apk"
zipalign -c -p 4 "$apk"
aapt2 dump badging "$apk" > "$work/badging.txt"
wanted() {
    grep -q "$1" "$work/badging.txt" || {
        echo "expected $1 in the APK's badging; found:" >&2
        cat "$work/badging.txt" >&2
        exit 1
    }
}
wanted "package: name='org.mobileseg.demo'"
wanted "sdkVersion:'$MIN'"
wanted "targetSdkVersion:'$TARGET'"
wanted "launchable-activity: name='org.mobileseg.demo.ui.MainActivity'"
wanted "locales:.*'de'"
permissions=$(sed -n "s/^uses-permission: name='\([^']*\)'.*/\1/p" "$work/badging.txt")
if [ "$permissions" != android.permission.CAMERA ]; then
    echo "expected only the camera permission; found $permissions" >&2
    exit 1
fi
if grep -q application-debuggable "$work/badging.txt"; then
    echo "expected an APK that is not debuggable; found a debuggable one" >&2
    exit 1
fi
# The shrunk code must keep the classes that the system starts by name.
unzip -qo "$work/shrunk.zip" -d "$work/shrunk"
for class in ui/MainActivity ui/SegmentationView ui/LegendView ui/SharedFileProvider ui/CardActivity benchmark/BenchmarkActivity; do
    dexdump "$work/shrunk/classes.dex" 2> /dev/null | grep -q "Class descriptor *: 'Lorg/mobileseg/demo/$class;'" ||
        { echo "expected $class in the shrunk code; found it renamed or removed" >&2; exit 1; }
done
echo "$apk: $(stat -c %s "$apk") bytes"
echo "code: $(cat "$work"/dex/*.dex | wc -c) bytes, shrunk $(stat -c %s "$work/shrunk/classes.dex")"

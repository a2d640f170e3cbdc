plugins {
    alias(libs.plugins.android)
}

android {
    namespace = "org.mobileseg.demo"
    compileSdk = 36

    defaultConfig {
        applicationId = "org.mobileseg.demo"
        minSdk = 26
        targetSdk = 36
        versionCode = 1
        versionName = "0.1"
        // ExecuTorch has no 32-bit libraries, ONNX Runtime does: the app can be installed on a 32-bit phone and says what it runs.
        ndk { abiFilters += listOf("arm64-v8a", "armeabi-v7a", "x86_64") }
    }

    buildTypes {
        release {
            isMinifyEnabled = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"), "shrink.pro")
            // For one's own phone: nothing is published.
            signingConfig = signingConfigs.getByName("debug")
        }
    }

    // Kotlin's jvmTarget follows.
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }

    // Models are read in place.
    androidResources { noCompress += listOf("pte", "onnx") }
}

dependencies {
    implementation(libs.executorch)
    implementation(libs.onnxruntime)
}

// The tests of src/test run in the check build (pom.xml), which has the runtimes that they need.
tasks.matching { it.name.contains("UnitTest") }.configureEach { enabled = false }

import org.jetbrains.kotlin.gradle.dsl.JvmTarget

plugins {
    alias(libs.plugins.android)
    alias(libs.plugins.kotlin)
}

android {
    namespace = "org.mobileseg.demo"
    compileSdk = 35

    defaultConfig {
        applicationId = "org.mobileseg.demo"
        minSdk = 26
        targetSdk = 35
        versionCode = 1
        versionName = "0.1"
        ndk { abiFilters += listOf("arm64-v8a", "x86_64") }
    }

    buildTypes {
        release {
            isMinifyEnabled = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"), "shrink.pro")
        }
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }

    // Models are read in place.
    androidResources { noCompress += listOf("pte", "onnx") }
}

kotlin {
    compilerOptions { jvmTarget = JvmTarget.JVM_11 }
}

dependencies {
    implementation(libs.executorch)
    implementation(libs.onnxruntime)
}

// The tests of src/test run in the check build (pom.xml), which has the runtimes that they need.
tasks.matching { it.name.contains("UnitTest") }.configureEach { enabled = false }

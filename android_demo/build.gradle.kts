// AGP compiles Kotlin itself; this is the Kotlin that it takes (gradle/libs.versions.toml says why).
buildscript {
    dependencies { classpath(libs.kotlin.gradle.plugin) }
}

plugins {
    alias(libs.plugins.android) apply false
}

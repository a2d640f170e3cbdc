package org.mobileseg.demo.ui

import android.content.res.Resources
import org.mobileseg.demo.R
import org.mobileseg.demo.camera.CameraTrouble
import org.mobileseg.demo.manifest.Problem
import org.mobileseg.demo.manifest.Refusal

/** The action of a notice's button. */
internal enum class Remedy(val label: Int) {
    GRANT(R.string.grant),
    TRY_AGAIN(R.string.try_again),
    OPEN_ARTIFACT(R.string.open_artifact),
    OPEN_PICTURE(R.string.open_picture),
    OPEN_VIDEO(R.string.open_video),
}

/** A notice in place of the picture: the problem and its remedy. */
internal data class Notice(val title: String, val text: String, val remedy: Remedy?)

internal fun noticeOf(resources: Resources, trouble: CameraTrouble): Notice {
    val (title, text, remedy) =
        when (trouble) {
            CameraTrouble.PERMISSION ->
                Triple(R.string.camera_permission_title, R.string.camera_permission_text, Remedy.GRANT)
            CameraTrouble.NONE -> Triple(R.string.camera_none_title, R.string.camera_none_text, Remedy.OPEN_PICTURE)
            CameraTrouble.IN_USE -> Triple(R.string.camera_in_use_title, R.string.camera_in_use_text, Remedy.TRY_AGAIN)
            CameraTrouble.DISABLED ->
                Triple(R.string.camera_disabled_title, R.string.camera_disabled_text, Remedy.TRY_AGAIN)
            CameraTrouble.LOST -> Triple(R.string.camera_lost_title, R.string.camera_lost_text, Remedy.TRY_AGAIN)
            CameraTrouble.FAILED -> Triple(R.string.camera_failed_title, R.string.camera_failed_text, Remedy.TRY_AGAIN)
        }
    return Notice(resources.getString(title), resources.getString(text), remedy)
}

internal fun noticeOf(resources: Resources, refusal: Refusal): Notice {
    val (expected, found, fix) = sentences(refusal.problem)
    val text =
        resources.getString(
            R.string.refused_text,
            resources.getString(expected, refusal.expected),
            resources.getString(found, refusal.found),
            resources.getString(fix),
        )
    return Notice(resources.getString(R.string.refused_title), text, Remedy.OPEN_ARTIFACT)
}

internal fun noArtifact(resources: Resources): Notice =
    Notice(
        resources.getString(R.string.no_artifact_title),
        resources.getString(R.string.no_artifact_text),
        Remedy.OPEN_ARTIFACT,
    )

internal fun unreadable(resources: Resources, reason: String): Notice =
    Notice(
        resources.getString(R.string.picture_failed_title),
        resources.getString(R.string.picture_failed_text, reason),
        Remedy.OPEN_PICTURE,
    )

internal fun unplayable(resources: Resources, reason: String): Notice =
    Notice(
        resources.getString(R.string.video_failed_title),
        resources.getString(R.string.video_failed_text, reason),
        Remedy.OPEN_VIDEO,
    )

private fun sentences(problem: Problem): Triple<Int, Int, Int> =
    when (problem) {
        Problem.FILES -> Triple(R.string.files_expected, R.string.files_found, R.string.files_fix)
        Problem.MANIFEST_MISSING ->
            Triple(R.string.manifest_missing_expected, R.string.manifest_missing_found, R.string.manifest_missing_fix)
        Problem.MANIFEST_UNREADABLE ->
            Triple(
                R.string.manifest_unreadable_expected,
                R.string.manifest_unreadable_found,
                R.string.manifest_unreadable_fix,
            )
        Problem.SCHEMA -> Triple(R.string.schema_expected, R.string.schema_found, R.string.schema_fix)
        Problem.TARGET -> Triple(R.string.target_expected, R.string.target_found, R.string.target_fix)
        Problem.INPUT -> Triple(R.string.input_expected, R.string.input_found, R.string.input_fix)
        Problem.OUTPUT -> Triple(R.string.output_expected, R.string.output_found, R.string.output_fix)
        Problem.ARTIFACT_MISSING ->
            Triple(R.string.artifact_missing_expected, R.string.artifact_missing_found, R.string.artifact_missing_fix)
        Problem.CHECKSUM -> Triple(R.string.checksum_expected, R.string.checksum_found, R.string.checksum_fix)
        Problem.SPACE -> Triple(R.string.space_expected, R.string.space_found, R.string.space_fix)
        Problem.RUNTIME -> Triple(R.string.runtime_expected, R.string.runtime_found, R.string.runtime_fix)
        Problem.LIBRARY -> Triple(R.string.library_expected, R.string.library_found, R.string.library_fix)
        Problem.MEMORY -> Triple(R.string.memory_expected, R.string.memory_found, R.string.memory_fix)
    }

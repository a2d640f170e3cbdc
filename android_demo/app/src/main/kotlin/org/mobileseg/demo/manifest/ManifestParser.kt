package org.mobileseg.demo.manifest

/** Limit of an input side in pixels. */
private val SIDES = 8L..4096L

/** A class map has one byte per pixel. */
private const val MOST_CLASSES = 256

/** Limit for an output: a buffer with eight bytes per element. */
private const val MOST_ELEMENTS = Int.MAX_VALUE / Long.SIZE_BYTES

private const val SHA256_DIGITS = 64

/** Parses the manifest in [text]; throws [Refusal] for anything that this app does not support. */
fun parseManifest(text: String): ArtifactManifest {
    val root = JsonNode.parse(text)
    // First: another version may differ in everything else.
    val schema = root.long("schema_version")
    expect(schema == SCHEMA_VERSION.toLong(), Problem.SCHEMA, SCHEMA_VERSION, schema)
    val word = root.text("target")
    val target =
        Target.entries.find { it.id == word }
            ?: throw Refusal(Problem.TARGET, Target.entries.joinToString { it.id }, word)
    val model = root.node("model")
    val weights = root.node("weights")
    val precision = root.node("precision")
    val input = parseInput(root.node("input"))
    val output = root.node("output")
    return ArtifactManifest(
        target = target,
        model = model.text("name"),
        precision = precision.text("name"),
        precisionMeaning = precision.text("meaning"),
        licence = weights.text("licence"),
        note = weights.textOrNull("note"),
        input = input,
        output = parseOutput(output, model.long("num_classes"), input.size),
        emit = output.text("kind"),
        file = parseFile(root.node("artifact"), target),
    )
}

private fun parseInput(node: JsonNode): InputSpec {
    for ((key, wanted) in listOf("layout" to "NCHW", "color" to "RGB", "dtype" to "float32")) {
        val found = node.text(key)
        expect(found == wanted, Problem.INPUT, "$key $wanted", found)
    }
    val shape = node.longs("shape")
    val fits = shape.size == 4 && shape[0] == 1L && shape[1] == 3L && shape[2] in SIDES && shape[3] in SIDES
    expect(fits, Problem.INPUT, "(1, 3, $SIDES, $SIDES)", shape)
    val range = node.numbers("range")
    expect(
        range.size == 2 && range.all(Double::isFinite) && range[0] < range[1],
        Problem.INPUT,
        "range [low, high]",
        range,
    )
    val spec =
        InputSpec(
            node.text("name"),
            Size(shape[2].toInt(), shape[3].toInt()),
            range[0].toFloat(),
            range[1].toFloat(),
        )
    return if (node.absent("resize")) spec else parseResize(node.node("resize"), spec)
}

/** Files of older versions have none: they are squashed. */
private fun parseResize(node: JsonNode, spec: InputSpec): InputSpec {
    val word = node.text("mode")
    val resize =
        Resize.entries.find { it.id == word }
            ?: throw Refusal(Problem.INPUT, Resize.entries.joinToString { it.id }, word)
    val filter = node.text("filter")
    expect(filter == "bilinear" && node.flag("antialias"), Problem.INPUT, "bilinear, antialias", filter)
    if (resize != Resize.LETTERBOX) return spec.copy(resize = resize)
    val bars = node.numbers("bars")
    expect(bars.size == 3 && bars.all { it in 0.0..255.0 }, Problem.INPUT, "bars [red, green, blue]", bars)
    return spec.copy(resize = resize, bars = bars.map(Double::toFloat))
}

private fun parseOutput(node: JsonNode, modelClasses: Long, input: Size): OutputSpec {
    val shape = node.longs("shape")
    val dtype = node.text("dtype")
    val kind =
        when (val word = node.text("kind")) {
            "logits",
            "panoptic" -> OutputKind.LOGITS
            "mask" -> OutputKind.MASK
            else -> throw Refusal(Problem.OUTPUT, "logits, mask, panoptic", word)
        }
    val classes = parseClasses(node, modelClasses)
    val grid = shape.takeLast(2)
    val sized = grid.size == 2 && grid.all { it in 1..SIDES.last }
    when (kind) {
        OutputKind.LOGITS -> {
            val fits =
                sized && shape.size == 4 && shape[0] == 1L && shape[1] == classes.size.toLong() && dtype == "float32"
            expect(fits, Problem.OUTPUT, "float32 (1, ${classes.size}, h, w)", "$dtype $shape")
        }
        OutputKind.MASK -> {
            val fits =
                shape == listOf(1L, input.height.toLong(), input.width.toLong()) && dtype in setOf("int32", "int64")
            expect(fits, Problem.OUTPUT, "int32 (1, ${input.height}, ${input.width})", "$dtype $shape")
        }
    }
    val elements = shape.fold(1L, Long::times) // each at most 4096: no overflow
    expect(elements <= MOST_ELEMENTS, Problem.OUTPUT, "at most $MOST_ELEMENTS numbers", elements)
    val name = node.text("name")
    val tensors = if (node.absent("tensors")) emptyList() else node.nodes("tensors").map { it.text("name") }
    expect(tensors.isEmpty() || name in tensors, Problem.OUTPUT, name, tensors)
    return OutputSpec(
        name = name,
        index = tensors.indexOf(name).coerceAtLeast(0),
        count = tensors.size.coerceAtLeast(1),
        kind = kind,
        grid = Size(grid[0].toInt(), grid[1].toInt()),
        dtype = dtype,
        alignCorners = !node.absent("align_corners") && node.flag("align_corners"),
        classes = classes,
        palette = parsePalette(node, classes.size),
    )
}

private fun parseClasses(node: JsonNode, modelClasses: Long): List<String> {
    expect(modelClasses in 1..MOST_CLASSES, Problem.OUTPUT, "1..$MOST_CLASSES classes", modelClasses)
    if (node.absent("classes")) return List(modelClasses.toInt()) { "class $it" }
    val names = node.texts("classes")
    expect(names.size.toLong() == modelClasses, Problem.OUTPUT, "$modelClasses classes", names.size)
    return names
}

private fun parsePalette(node: JsonNode, classes: Int): List<Int> {
    if (node.absent("palette")) return generatedPalette(classes)
    val colours = node.lists("palette")
    expect(colours.size == classes, Problem.OUTPUT, "$classes colours", colours.size)
    return colours.map { rgb ->
        expect(rgb.size == 3 && rgb.all { it in 0..255L }, Problem.OUTPUT, "[0..255, 0..255, 0..255]", rgb)
        ((rgb[0] shl 16) or (rgb[1] shl 8) or rgb[2]).toInt()
    }
}

private fun parseFile(node: JsonNode, target: Target): FileSpec {
    val name = node.text("file")
    val plain =
        name.isNotEmpty() && name.none { it == '/' || it == '\\' || it.code < ' '.code } && !name.startsWith(".")
    val fits = plain && name.endsWith(target.suffix)
    expect(fits, Problem.MANIFEST_UNREADABLE, "artifact.file: a file's name that ends in ${target.suffix}", name)
    val sha256 = node.text("sha256")
    val digits = sha256.length == SHA256_DIGITS && sha256.all { it in "0123456789abcdef" }
    expect(digits, Problem.MANIFEST_UNREADABLE, "artifact.sha256: $SHA256_DIGITS digits", sha256)
    return FileSpec(name, sha256, node.long("size_bytes"))
}

private fun expect(fits: Boolean, problem: Problem, expected: Any, found: Any) {
    if (!fits) throw Refusal(problem, expected.toString(), found.toString())
}

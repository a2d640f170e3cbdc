package org.mobileseg.demo.speed;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.mobileseg.demo.image.YuvFrame;
import org.mobileseg.demo.manifest.ArtifactManifest;
import org.mobileseg.demo.manifest.FileSpec;
import org.mobileseg.demo.manifest.InputSpec;
import org.mobileseg.demo.manifest.OutputKind;
import org.mobileseg.demo.manifest.OutputSpec;
import org.mobileseg.demo.manifest.Resize;
import org.mobileseg.demo.manifest.Size;
import org.mobileseg.demo.manifest.Target;

/** What is measured with, the same in every process: a frame, and logits as those of a street. */
final class Street {
    static final Size GRID = new Size(64, 64);
    static final int CLASSES = 11;
    static final InputSpec INPUT =
        new InputSpec("image", new Size(512, 512), 0f, 255f, Resize.CROP, List.of(0f, 0f, 0f));
    private static final Size FRAME = new Size(720, 1280);

    private Street() {}

    static YuvFrame frame(int stride) {
        Random random = new Random(1);
        YuvFrame frame = new YuvFrame();
        frame.setSize(FRAME);
        fill(frame, 0, FRAME.getHeight(), FRAME.getWidth(), 1, random);
        for (int plane = 1; plane < 3; plane++) {
            fill(frame, plane, FRAME.getHeight() / 2, FRAME.getWidth() / 2, stride, random);
        }
        return frame;
    }

    private static void fill(YuvFrame frame, int plane, int height, int width, int pixelStride, Random random) {
        byte[] bytes = new byte[height * width * pixelStride];
        random.nextBytes(bytes);
        frame.getBuffers()[plane] = ByteBuffer.allocateDirect(bytes.length).put(bytes);
        frame.getRowStrides()[plane] = width * pixelStride;
        frame.getPixelStrides()[plane] = pixelStride;
    }

    /** Each class is strong around two places, so that there are areas with borders between them. */
    static float[] logits() {
        Random random = new Random(2);
        float[] logits = new float[CLASSES * GRID.getArea()];
        for (int number = 0; number < CLASSES; number++) {
            for (int place = 0; place < 2; place++) {
                double cx = random.nextDouble() * 64, cy = random.nextDouble() * 64;
                for (int i = 0; i < GRID.getArea(); i++) {
                    double distance = Math.hypot(i % 64 - cx, i / 64 - cy);
                    logits[number * GRID.getArea() + i] +=
                        (float) (8 * Math.exp(-distance / 12) + 0.1 * random.nextGaussian());
                }
            }
        }
        return logits;
    }

    static ArtifactManifest manifest() {
        List<String> names = IntStream.range(0, CLASSES).mapToObj(i -> "class " + i).collect(Collectors.toList());
        List<Integer> palette = IntStream.range(0, CLASSES).mapToObj(i -> i * 0x10203).collect(Collectors.toList());
        OutputSpec output =
            new OutputSpec("logits", 0, 1, OutputKind.LOGITS, GRID, "float32", false, names, palette);
        FileSpec file = new FileSpec("a.pte", "0", 0);
        return new ArtifactManifest(
            Target.EXECUTORCH, "model", "int8", "", "", null, INPUT, output, "logits", file);
    }
}

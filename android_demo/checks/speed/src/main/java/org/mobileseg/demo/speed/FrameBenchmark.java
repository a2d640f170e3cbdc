package org.mobileseg.demo.speed;

import java.nio.FloatBuffer;
import java.util.concurrent.TimeUnit;
import org.mobileseg.demo.image.ModelInput;
import org.mobileseg.demo.image.Orientation;
import org.mobileseg.demo.image.YuvFrame;
import org.mobileseg.demo.speed.before.FrameInput;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** One frame of 1280x720 in YUV to an input of 512x512: its middle. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 4, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 400, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class FrameBenchmark {
    /** Between chroma samples, in bytes: planar and interleaved. */
    @Param({"1", "2"})
    public int stride;

    /** How the sensor is turned: a phone held upright is 90. */
    @Param({"0", "90"})
    public int degrees;

    @Param({"before", "now"})
    public String version;

    /** In steps of 255, of whole numbers: FrameReducerTest. */
    private static final float ERROR = 0.05f;

    private YuvFrame frame;
    private Orientation orientation;
    private ModelInput now;
    private FrameInput before;

    @Setup
    public void prepare() {
        frame = Street.frame(stride);
        orientation = new Orientation(degrees, false);
        ModelInput one = new ModelInput(Street.INPUT);
        FrameInput other = new FrameInput(Street.INPUT, frame.getSize(), orientation);
        one.fill(frame, orientation);
        other.fill(frame);
        check(one.getTensor(), other.getTensor());
        if (version.equals("now")) now = one;
        else before = other;
    }

    /** Both do the same, or they could not be compared. */
    private static void check(FloatBuffer one, FloatBuffer other) {
        for (int i = 0; i < one.capacity(); i++) {
            if (Math.abs(one.get(i) - other.get(i)) > ERROR) {
                throw new IllegalStateException("expected " + other.get(i) + " at " + i + ", found " + one.get(i));
            }
        }
    }

    @Benchmark
    public Object input(Processor processor) {
        if (now != null) processor.run(() -> now.fill(frame, orientation));
        else processor.run(() -> before.fill(frame));
        return now;
    }
}

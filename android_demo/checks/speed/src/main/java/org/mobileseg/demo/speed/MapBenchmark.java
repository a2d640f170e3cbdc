package org.mobileseg.demo.speed;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.mobileseg.demo.image.ClassMapper;
import org.mobileseg.demo.manifest.Size;
import org.mobileseg.demo.pipeline.Layer;
import org.mobileseg.demo.speed.before.Overlay;
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

/** Logits of 11 classes on a grid of 64x64 to a class map of 512x512, and the map to its colours and shares. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 4, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 400, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class MapBenchmark {
    private static final int ALL = -1;
    private static final int[] EVERY = new int[0];

    @Param({"before", "now"})
    public String version;

    private boolean now;
    private final float[] logits = Street.logits();
    private final byte[] map = new byte[Street.INPUT.getSize().getArea()];
    private ClassMapper mapper;
    private Layer layer;
    private org.mobileseg.demo.speed.before.ClassMapper mapperBefore;
    private Overlay overlayBefore;

    @Setup
    public void prepare() {
        Size size = Street.INPUT.getSize();
        int[] palette = Street.manifest().getOutput().getPalette().stream().mapToInt(Integer::intValue).toArray();
        mapper = new ClassMapper(Street.CLASSES, Street.GRID, size, false);
        mapperBefore = new org.mobileseg.demo.speed.before.ClassMapper(Street.CLASSES, Street.GRID, size, false);
        layer = new Layer(Street.manifest());
        overlayBefore = new Overlay(palette, map.length);
        mapper.map(logits, layer.getClasses());
        mapperBefore.map(logits, map);
        layer.paint(ALL, EVERY);
        overlayBefore.paint(map, size.getWidth(), ALL);
        // Both do the same, or they could not be compared.
        boolean same = Arrays.equals(map, layer.getClasses())
            && Arrays.equals(overlayBefore.getColours(), layer.getColours())
            && Arrays.equals(overlayBefore.getCounts(), layer.getCounts());
        if (!same) throw new IllegalStateException("expected the same classes and colours, found others");
        now = version.equals("now");
    }

    @Benchmark
    public byte[] classMap(Processor processor) {
        if (now) processor.run(() -> mapper.map(logits, map));
        else processor.run(() -> mapperBefore.map(logits, map));
        return map;
    }

    @Benchmark
    public Object colours(Processor processor) {
        if (now) processor.run(() -> layer.paint(ALL, EVERY));
        else processor.run(() -> overlayBefore.paint(map, Street.INPUT.getSize().getWidth(), ALL));
        return layer;
    }
}

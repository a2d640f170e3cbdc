package org.pytorch.executorch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** Stand-in: float tensors over a direct buffer, and int32 or int64 results. */
public abstract class Tensor {
    private final long[] shape;
    private final DType dtype;

    private Tensor(long[] shape, DType dtype) {
        this.shape = shape.clone();
        this.dtype = dtype;
    }

    public static Tensor fromBlob(FloatBuffer data, long[] shape) {
        if (!data.isDirect() || data.order() != ByteOrder.nativeOrder()) {
            throw new IllegalArgumentException("a direct buffer in native byte order is wanted");
        }
        if (data.capacity() != numel(shape)) {
            throw new IllegalArgumentException(numel(shape) + " floats are wanted, got " + data.capacity());
        }
        return new Tensor(shape, DType.FLOAT) {
            @Override
            FloatBuffer floats() {
                FloatBuffer all = data.duplicate();
                all.clear();
                return all;
            }
        };
    }

    static Tensor ofIntegers(long[] values, long[] shape, DType dtype) {
        return new Tensor(shape, dtype) {
            @Override
            long[] integers() {
                return values;
            }
        };
    }

    static FloatBuffer allocate(int count) {
        return ByteBuffer.allocateDirect(Float.BYTES * count).order(ByteOrder.nativeOrder()).asFloatBuffer();
    }

    public static long numel(long[] shape) {
        long count = 1;
        for (long size : shape) count *= size;
        return count;
    }

    public long numel() {
        return numel(shape);
    }

    public long[] shape() {
        return shape.clone();
    }

    public DType dtype() {
        return dtype;
    }

    public float[] getDataAsFloatArray() {
        FloatBuffer all = floats();
        float[] values = new float[all.capacity()];
        all.get(values);
        return values;
    }

    public long[] getDataAsLongArray() {
        if (dtype != DType.INT64) throw wrongKind();
        return integers().clone();
    }

    public int[] getDataAsIntArray() {
        if (dtype != DType.INT32) throw wrongKind();
        long[] longs = integers();
        int[] values = new int[longs.length];
        for (int i = 0; i < values.length; i++) values[i] = Math.toIntExact(longs[i]);
        return values;
    }

    FloatBuffer floats() {
        throw wrongKind();
    }

    long[] integers() {
        throw wrongKind();
    }

    private IllegalStateException wrongKind() {
        return new IllegalStateException("a tensor of " + dtype + " cannot be read as that");
    }
}

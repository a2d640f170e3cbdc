package org.pytorch.executorch;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The other end of tools/pte_host.py, which says what goes over the pipe. No part of the published classes. */
final class Pipe {
    private static final int FLOAT32 = 0;
    private static final int INT32 = 2;

    private final Process process;
    private final DataInputStream in;
    private final DataOutputStream out;

    private Pipe(Process process) {
        this.process = process;
        in = new DataInputStream(new BufferedInputStream(process.getInputStream(), 1 << 16));
        out = new DataOutputStream(new BufferedOutputStream(process.getOutputStream(), 1 << 16));
    }

    static Pipe open(String command, String... arguments) throws IOException {
        if (command.isBlank()) {
            // What the published class does where the device has no library for it.
            throw new UnsatisfiedLinkError("libexecutorch.so: the system property executorch.host names no command");
        }
        List<String> words = new ArrayList<>(Arrays.asList(command.trim().split("\\s+")));
        words.addAll(Arrays.asList(arguments));
        Pipe pipe = new Pipe(new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start());
        try {
            pipe.answer();
        } catch (IOException | RuntimeException error) {
            pipe.close();
            throw error;
        }
        return pipe;
    }

    EValue[] ask(EValue[] inputs) throws IOException {
        writeInt(inputs.length);
        for (EValue input : inputs) write(input.toTensor());
        out.flush();
        return answer();
    }

    private EValue[] answer() throws IOException {
        int count = readInt();
        if (count < 0) {
            byte[] words = new byte[readInt()];
            in.readFully(words);
            throw new IllegalStateException(new String(words, StandardCharsets.UTF_8));
        }
        EValue[] values = new EValue[count];
        for (int i = 0; i < count; i++) values[i] = EValue.from(read());
        return values;
    }

    private void write(Tensor tensor) throws IOException {
        long[] shape = tensor.shape();
        int bytes = 5 + Long.BYTES * shape.length + Float.BYTES * (int) tensor.numel();
        ByteBuffer message = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        message.put((byte) FLOAT32).putInt(shape.length);
        for (long size : shape) message.putLong(size);
        message.asFloatBuffer().put(tensor.floats());
        out.write(message.array());
    }

    private Tensor read() throws IOException {
        int kind = in.readUnsignedByte();
        long[] shape = new long[readInt()];
        for (int i = 0; i < shape.length; i++) shape[i] = Long.reverseBytes(in.readLong());
        int count = Math.toIntExact(Tensor.numel(shape));
        byte[] raw = new byte[count * (kind == FLOAT32 ? Float.BYTES : Long.BYTES)];
        in.readFully(raw);
        ByteBuffer data = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
        if (kind != FLOAT32) {
            long[] values = new long[count];
            data.asLongBuffer().get(values);
            return Tensor.ofIntegers(values, shape, kind == INT32 ? DType.INT32 : DType.INT64);
        }
        FloatBuffer floats = Tensor.allocate(count);
        floats.put(data.asFloatBuffer());
        floats.clear();
        return Tensor.fromBlob(floats, shape);
    }

    private void writeInt(int value) throws IOException {
        out.writeInt(Integer.reverseBytes(value));
    }

    private int readInt() throws IOException {
        return Integer.reverseBytes(in.readInt());
    }

    void close() {
        process.destroy();
    }
}

package org.pytorch.executorch;

import java.io.Closeable;
import java.io.IOException;

/**
 * Stand-in. In tests the system property {@code executorch.host} holds a command (words by blanks), which is started
 * with the file's path and the number of threads behind it and answers by {@link Pipe}: a real runtime.
 */
public class Module implements Closeable {
    public static final int LOAD_MODE_FILE = 0;
    public static final int LOAD_MODE_MMAP = 1;

    private final Pipe host;
    private boolean prepared = false;

    private Module(Pipe host) {
        this.host = host;
    }

    public static Module load(String modelPath, int loadMode, int numThreads) {
        try {
            String command = System.getProperty("executorch.host", "");
            return new Module(Pipe.open(command, modelPath, Integer.toString(numThreads)));
        } catch (IOException error) {
            throw new IllegalStateException("the host process did not start", error);
        }
    }

    /** The published one packs the weights here, or in the first run, which would be slower then: here it must be called. */
    public void loadMethod(String name) {
        if (!name.equals("forward")) throw new IllegalArgumentException(name);
        prepared = true;
    }

    public EValue[] forward(EValue... inputs) {
        if (!prepared) throw new IllegalStateException("loadMethod was not called");
        try {
            return host.ask(inputs);
        } catch (IOException error) {
            throw new IllegalStateException("the host process has gone", error);
        }
    }

    public void destroy() {
        host.close();
    }

    @Override
    public void close() {
        destroy();
    }
}

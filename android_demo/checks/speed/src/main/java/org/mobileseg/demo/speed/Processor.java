package org.mobileseg.demo.speed;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Processor time of the calling thread: what others do on the machine makes it longer, but not many times as long. */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.EVENTS)
public class Processor {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    public long nanos;
    public long frames;

    void run(Runnable frame) {
        long began = THREADS.getCurrentThreadCpuTime();
        frame.run();
        nanos += THREADS.getCurrentThreadCpuTime() - began;
        frames++;
    }
}

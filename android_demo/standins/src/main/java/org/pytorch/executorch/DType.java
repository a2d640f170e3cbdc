package org.pytorch.executorch;

/** Stand-in. */
public enum DType {
    UINT8,
    INT8,
    INT32,
    FLOAT,
    INT64,
    DOUBLE
}

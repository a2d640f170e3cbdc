// Classes of A64 instructions; every instruction word is in exactly one.
#pragma once

#include <stdint.h>

enum Class {
  DOT,           // SDOT, UDOT, USDOT, SUDOT: four 8-bit products per lane
  MATRIX,        // SMMLA, UMMLA, USMMLA: 2x8 by 8x2 of 8 bits
  FUSED,         // FMLA, FMLS on vectors, float32 and float16
  WIDENING,      // SMULL, SMLAL, SMLSL and the unsigned: 8 or 16 bits, results of twice the width
  SIMD,          // every other vector instruction
  SCALAR_FLOAT,  // scalar floating point
  VECTOR_LOAD,   // into SIMD and floating-point registers
  VECTOR_STORE,
  LOAD,  // into general registers; an atomic read-modify-write counts here, once
  STORE,
  BRANCH,   // branches, system calls, barriers, hints
  INTEGER,  // general registers, and prefetches
  CLASSES
};

extern const char *const class_names[CLASSES];

enum Class classify(uint32_t word);

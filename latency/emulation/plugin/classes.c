// Encodings: Arm Architecture Reference Manual for A-profile (DDI 0487), C4 "A64 Instruction Set Encoding".
#include "classes.h"

#include <stddef.h>

const char *const class_names[CLASSES] = {
    "dot",         "matrix",       "fused", "widening", "simd",   "scalar_float",
    "vector_load", "vector_store", "load",  "store",    "branch", "integer",
};

struct Pattern {
  uint32_t mask, value;
  enum Class is;
};

static const struct Pattern simd_patterns[] = {
    {0x9FE0FC00, 0x0E809400, DOT},       // SDOT, UDOT (vector)
    {0x9FC0F400, 0x0F80E000, DOT},       // SDOT, UDOT (by element)
    {0xBFE0FC00, 0x0E809C00, DOT},       // USDOT (vector)
    {0xBF40F400, 0x0F00F000, DOT},       // SUDOT, USDOT (by element)
    {0xDFE0FC00, 0x4E80A400, MATRIX},    // SMMLA, UMMLA
    {0xFFE0FC00, 0x4E80AC00, MATRIX},    // USMMLA
    {0xBF20FC00, 0x0E20CC00, FUSED},     // FMLA, FMLS (vector, single and double)
    {0xBF60FC00, 0x0E400C00, FUSED},     // FMLA, FMLS (vector, half)
    {0xBF80B400, 0x0F801000, FUSED},     // FMLA, FMLS (by element, single and double)
    {0xBFC0B400, 0x0F001000, FUSED},     // FMLA, FMLS (by element, half)
    {0x9F20DC00, 0x0E208000, WIDENING},  // SMLAL, SMLSL, UMLAL, UMLSL (vector); the next: SMULL, UMULL
    {0x9F20FC00, 0x0E20C000, WIDENING},
    {0x9F00B400, 0x0F002000, WIDENING},  // SMLAL, SMLSL, UMLAL, UMLSL (by element); the next: SMULL, UMULL
    {0x9F00F400, 0x0F00A000, WIDENING},
};

static uint32_t bits(uint32_t word, unsigned low, unsigned count) { return word >> low & ((1u << count) - 1); }

static enum Class of_simd(uint32_t word) {
  for (size_t i = 0; i < sizeof simd_patterns / sizeof *simd_patterns; i++) {
    if ((word & simd_patterns[i].mask) == simd_patterns[i].value) return simd_patterns[i].is;
  }
  return bits(word, 28, 1) ? SCALAR_FLOAT : SIMD;  // bit 28: "Advanced SIMD scalar" and "Floating-point"
}

static enum Class of_memory(uint32_t word) {
  const int vector = bits(word, 26, 1) != 0, upper = bits(word, 24, 1) != 0, widest = bits(word, 30, 2) == 3;
  const uint32_t option = bits(word, 22, 2);
  int loads = bits(word, 22, 1) != 0;  // exclusives, pairs, structures: bit 22 is L
  switch (bits(word, 27, 3) << 1 | (uint32_t)vector) {
    case 3 << 1:                             // general, literal; or, with bit 24, LDAPUR and STLUR
      if (!upper && widest) return INTEGER;  // PRFM (literal)
      loads = !upper || option != 0;
      break;
    case 3 << 1 | 1:  // vector, literal
      loads = 1;
      break;
    case 7 << 1: {  // general, one register
      const int atomic = !upper && bits(word, 21, 1) && bits(word, 10, 2) == 0;
      if (!atomic && widest && option == 2) return INTEGER;  // PRFM, PRFUM
      loads = atomic || option != 0;
      break;
    }
  }
  if (vector) return loads ? VECTOR_LOAD : VECTOR_STORE;
  return loads ? LOAD : STORE;
}

enum Class classify(uint32_t word) {
  const uint32_t group = bits(word, 25, 4);
  if ((group & 5) == 4) return of_memory(word);
  if ((group & 7) == 7) return of_simd(word);
  return (group & 14) == 10 ? BRANCH : INTEGER;
}

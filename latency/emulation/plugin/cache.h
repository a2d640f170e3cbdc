// A set-associative cache that replaces the line which was not used for the longest time. Data only: no instruction
// fetches, no prefetcher; a store brings its line in as a load does.
#pragma once

#include <stdint.h>

struct Cache {
  unsigned sets, ways, line_shift;
  uint64_t *tags;  // sets x ways; the order of use is the order in the set
  uint64_t misses;
};

// 0 where the sizes make no cache: powers of two are asked for, and at least one set.
int cache_open(struct Cache *cache, uint64_t bytes, unsigned ways, unsigned line);

// Whether line number `line` (address >> line_shift) was there; afterwards it is.
int cache_touch(struct Cache *cache, uint64_t line);

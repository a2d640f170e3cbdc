// A set-associative LRU cache for data: no instruction fetches, no prefetcher; a store allocates its line like a load.
#pragma once

#include <stdint.h>

struct Cache {
  unsigned sets, ways, line_shift;
  uint64_t *tags;  // sets x ways; each set is ordered by last use
  uint64_t misses;
};

// Returns 0 for invalid sizes: the line and the number of sets must be powers of two.
int cache_open(struct Cache *cache, uint64_t bytes, unsigned ways, unsigned line);

// Accesses line number `line` (address >> line_shift); returns whether it was a hit.
int cache_touch(struct Cache *cache, uint64_t line);

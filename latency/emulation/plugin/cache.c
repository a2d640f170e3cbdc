#include "cache.h"

#include <stdlib.h>
#include <string.h>

static int power_of_two(uint64_t value) { return value != 0 && (value & (value - 1)) == 0; }

int cache_open(struct Cache *cache, uint64_t bytes, unsigned ways, unsigned line) {
  if (ways == 0 || !power_of_two(line) || bytes % ((uint64_t)ways * line) != 0) return 0;
  const uint64_t sets = bytes / ways / line;
  if (!power_of_two(sets)) return 0;
  cache->sets = (unsigned)sets;
  cache->ways = ways;
  cache->line_shift = (unsigned)__builtin_ctz(line);
  cache->misses = 0;
  cache->tags = malloc(sets * ways * sizeof *cache->tags);
  if (cache->tags == NULL) return 0;
  memset(cache->tags, 0xff, sets * ways * sizeof *cache->tags);  // an invalid line number
  return 1;
}

int cache_touch(struct Cache *cache, uint64_t line) {
  uint64_t *set = cache->tags + (size_t)(line & (cache->sets - 1)) * cache->ways;
  if (set[0] == line) return 1;  // the most common case
  unsigned way = 1;
  while (way < cache->ways && set[way] != line) way++;
  const int hit = way < cache->ways;
  if (!hit) {
    cache->misses++;
    way = cache->ways - 1;
  }
  for (; way > 0; way--) set[way] = set[way - 1];
  set[0] = line;
  return hit;
}

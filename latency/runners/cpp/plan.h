// How to measure, as the host tells every runner: the numbers of a protocol, as JSON.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

// The names are those of mobileseg/latency/protocol.py, which explains them.
struct Plan {
  size_t warmup_min = 4;
  size_t warmup_max = 100;
  double warmup_seconds = 0;
  double stable_within = 0.05;
  size_t turns = 1;
  size_t runs = 1;
  size_t settle = 0;
  bool balanced = false;
  double min_seconds = 0;
};

// The plan in `text`; what it does not name is as above. Throws Refusal.
Plan parse_plan(const std::string& text);

// In which order `count` models take part in `turn`: a row of Williams' Latin square, if `balanced`.
std::vector<size_t> order(size_t count, size_t turn, bool balanced);

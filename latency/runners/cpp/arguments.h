// The command line, the same for every runner of the project.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "plan.h"

struct Subject {
  std::string model;  // a .pte
  std::string input;  // raw little-endian float32 of the model's input shape
};

struct Arguments {
  std::vector<Subject> subjects;
  size_t threads = 1;
  std::vector<int> cores;  // empty: wherever the system puts the process
  Plan plan;
  std::vector<std::string> watch;  // files with a number, to read between turns
  std::string output;   // folder for <model>.<output>.bin; empty: none
  std::string profile;  // folder for <model>.etdp, the runtime's record of all runs; empty: none
  bool count = false;   // markers around one inference instead of timing
  std::string help;     // the answer to --help; empty: not asked for, and the rest is valid
};

// Reads the command line and creates the folders for results. Throws Refusal.
Arguments parse(int count, const char* const* words);

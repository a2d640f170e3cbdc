// What went wrong, as the project says it everywhere: what was expected, what was found, what to do.
#pragma once

#include <string>

struct Refusal {
  std::string expected;
  std::string found;
  std::string fix;
};

// An error, in the form that all errors of the project have: what was expected, what was found, how to fix it.
#pragma once

#include <string>

struct Refusal {
  std::string expected;
  std::string found;
  std::string fix;
};

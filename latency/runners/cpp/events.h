// Events: one JSON object a line on standard output, flushed at once. Nothing else goes there.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "arguments.h"
#include "refusal.h"

using Fields = nlohmann::ordered_json;  // in the order in which they are given

// Writes the event `name` with `fields`, an object or null. Numbers are written with as many digits as bring them back
// exactly; bytes that are not UTF-8 (file names may hold any) become U+FFFD.
void tell(const char* name, const Fields& fields);
void tell(const Refusal& refusal);
void tell_start(const Arguments& arguments, const std::vector<int>& cores);
void tell_end();

// Writes a `beat` if nothing was written for seconds: slow, and not stuck.
void tell_alive();

// Events: one JSON object a line on standard output, flushed at once. Nothing else goes there.
#pragma once

#include <vector>

#include "arguments.h"
#include "json.h"
#include "refusal.h"

void tell(const JsonObject& event);
void tell(const Refusal& refusal);
void tell_start(const Arguments& arguments, const std::vector<int>& cores);

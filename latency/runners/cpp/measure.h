// A measurement: cold load, first inference, warm-up until stable, then timed runs in turns.
#pragma once

#include "arguments.h"

// Times every model and tells the events. Throws Refusal.
void measure(const Arguments& arguments);

// Runs every model once between two marker system calls, for a plugin of the emulator that counts. Throws Refusal.
void count(const Arguments& arguments);

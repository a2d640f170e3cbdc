// A measurement: cold load, first inference, warm-up until times are stable, then timed runs in turns.
#pragma once

#include "arguments.h"

// Times every model and writes the events. Throws Refusal.
void measure(const Arguments& arguments);

// Runs every model once between two marker system calls, for the emulator's plugin that counts instructions. Throws
// Refusal.
void count(const Arguments& arguments);

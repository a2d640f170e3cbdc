// What the runtime says while it works. It goes nowhere but into the error that it explains.
#pragma once

#include <string>

// Takes the runtime's log from here on, and turns its aborts into an error event.
void keep_complaints();

// " (the last error it logged)", empty where there was none.
std::string last_complaint();

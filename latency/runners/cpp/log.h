// The runtime's log. It is not printed: its last error explains the error event.
#pragma once

#include <string>

// From here on, keeps the runtime's errors, and turns its aborts into an error event.
void keep_complaints();

// " (the last error it logged)", empty where there was none.
std::string last_complaint();

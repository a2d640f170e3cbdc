// Cores, threads, memory and time of this process.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

// Binds the process to `cores`; an empty list changes nothing. Throws Refusal.
void bind_to(const std::vector<int>& cores);

// The cores that the process may run on.
std::vector<int> allowed_cores();

// Sets the size of the runtime's thread pool, which all models share. Throws Refusal.
void use_threads(size_t threads);

// Resets the peak of resident memory to what is resident now. Returns that in KiB; none where it cannot be reset.
std::optional<long long> reset_peak();

// The peak of resident memory in KiB (VmHWM); none where the system does not report it.
std::optional<long long> peak_kb();

// The number in a file of /proc or /sys; none where it cannot be read.
std::optional<long long> number_in(const std::string& file);

// The core that this thread runs on now.
std::optional<long long> core_now();

// How often a thread of this process had to make room for others since it started.
std::optional<long long> forced_switches();

class Stopwatch {
 public:
  double ms() const { return std::chrono::duration<double, std::milli>(Clock::now() - begin_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin_ = Clock::now();
};

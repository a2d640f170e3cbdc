// This process as the system sees it.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

// Binds the process to `cores`; none: leaves it. Throws Refusal.
void bind_to(const std::vector<int>& cores);

// The cores that it may run on.
std::vector<int> allowed_cores();

// Sets the size of the runtime's thread pool, which all models share. Throws Refusal.
void use_threads(size_t threads);

// Resident now in KiB, from which the peak counts from here on; none where the peak cannot be reset.
std::optional<long long> reset_peak();

// The most that was resident in KiB (VmHWM); none where the system does not say.
std::optional<long long> peak_kb();

class Stopwatch {
 public:
  double ms() const { return std::chrono::duration<double, std::milli>(Clock::now() - begin_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin_ = Clock::now();
};

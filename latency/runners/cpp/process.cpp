#include "process.h"

#include <sched.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>

#include "refusal.h"

// Exported by libexecutorch_threadpool.so; the wheel does not ship its header.
namespace executorch::extension::threadpool {
class ThreadPool {
 public:
  bool _unsafe_reset_threadpool(uint32_t threads);
  size_t get_thread_count() const;
};
ThreadPool* get_threadpool();
}  // namespace executorch::extension::threadpool

namespace {

using Mask = std::vector<unsigned long>;
constexpr int kBits = 8 * sizeof(unsigned long);
constexpr int kCores = 4096;

std::optional<long long> of_status(const char* wanted) {
  std::ifstream status("/proc/self/status");
  for (std::string key; status >> key;) {
    if (key == wanted) {
      long long kb = 0;
      return status >> kb ? std::optional(kb) : std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace

void bind_to(const std::vector<int>& cores) {
  if (cores.empty()) return;
  Mask mask(kCores / kBits);
  std::string names;
  for (const int core : cores) {
    mask[core / kBits] |= 1UL << core % kBits;
    names += (names.empty() ? "" : ",") + std::to_string(core);
  }
  if (sched_setaffinity(0, mask.size() * sizeof(unsigned long), reinterpret_cast<cpu_set_t*>(mask.data())) != 0) {
    throw Refusal{"cores that this process may run on", names + ": " + std::strerror(errno), "choose other --cores"};
  }
}

std::vector<int> allowed_cores() {
  Mask mask(kCores / kBits);
  std::vector<int> cores;
  if (sched_getaffinity(0, mask.size() * sizeof(unsigned long), reinterpret_cast<cpu_set_t*>(mask.data())) != 0)
    return cores;
  for (int core = 0; core < kCores; core++) {
    if (mask[core / kBits] >> core % kBits & 1) cores.push_back(core);
  }
  return cores;
}

void use_threads(size_t threads) {
  auto* pool = executorch::extension::threadpool::get_threadpool();
  if (pool == nullptr || !pool->_unsafe_reset_threadpool(static_cast<uint32_t>(threads)) ||
      pool->get_thread_count() != threads) {
    throw Refusal{"a pool of " + std::to_string(threads) + " threads",
                  pool == nullptr ? "no pool" : "one of " + std::to_string(pool->get_thread_count()),
                  "choose fewer --threads"};
  }
}

std::optional<long long> reset_peak() {
  const auto now = of_status("VmRSS:");
  std::ofstream clear("/proc/self/clear_refs");
  clear << "5" << std::flush;  // proc(5): the peak becomes what is resident now
  return clear ? now : std::nullopt;
}

std::optional<long long> peak_kb() { return of_status("VmHWM:"); }

std::optional<long long> number_in(const std::string& file) {
  std::ifstream stream(file);
  long long value = 0;
  return stream >> value ? std::optional(value) : std::nullopt;
}

std::optional<long long> core_now() {
  const int core = sched_getcpu();
  return core < 0 ? std::nullopt : std::optional<long long>(core);
}

std::optional<long long> forced_switches() {
  rusage usage{};
  return getrusage(RUSAGE_SELF, &usage) == 0 ? std::optional<long long>(usage.ru_nivcsw) : std::nullopt;
}

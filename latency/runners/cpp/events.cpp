#include "events.h"

#include <gnu/libc-version.h>

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kBeat{5};
Clock::time_point last = Clock::now();

}  // namespace

void tell(const char* name, const Fields& fields) {
  Fields event{{"event", name}};
  if (!fields.is_null()) event.update(fields);
  const std::string line = event.dump(-1, ' ', false, Fields::error_handler_t::replace) + "\n";
  std::fputs(line.c_str(), stdout);
  std::fflush(stdout);
  last = Clock::now();
}

void tell(const Refusal& refusal) {
  tell("error", {{"expected", refusal.expected}, {"found", refusal.found}, {"fix", refusal.fix}});
}

void tell_start(const Arguments& arguments, const std::vector<int>& cores) {
  const std::string version =
      std::string("executorch " EXECUTORCH_VERSION ", " COMPILER ", glibc ") + gnu_get_libc_version();
  tell("start", {{"runner", "cpp"}, {"version", version}, {"threads", arguments.threads}, {"cores", cores}});
}

void tell_end() { tell("end", nullptr); }

void tell_alive() {
  if (Clock::now() - last >= kBeat) tell("beat", nullptr);
}

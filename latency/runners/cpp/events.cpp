#include "events.h"

#include <gnu/libc-version.h>

#include <cstdio>

void tell(const JsonObject& event) {
  std::fputs(event.line().c_str(), stdout);
  std::fflush(stdout);
}

void tell(const Refusal& refusal) {
  tell(JsonObject("error").text("expected", refusal.expected).text("found", refusal.found).text("fix", refusal.fix));
}

void tell_start(const Arguments& arguments, const std::vector<int>& cores) {
  tell(JsonObject("start")
           .text("runner", "cpp")
           .text("version",
                 std::string("executorch " EXECUTORCH_VERSION ", " COMPILER ", glibc ") + gnu_get_libc_version())
           .integer("threads", static_cast<long long>(arguments.threads))
           .integers("cores", cores));
}

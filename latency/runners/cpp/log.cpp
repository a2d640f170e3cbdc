#include "log.h"

#include <executorch/runtime/platform/platform.h>
#include <unistd.h>

#include <mutex>

#include "events.h"

namespace {

std::mutex mutex;
std::string complaint;

void take(et_timestamp_t, et_pal_log_level_t level, const char*, const char*, size_t, const char* message,
          size_t length) {
  if (level != kError && level != kFatal) return;
  const std::lock_guard lock(mutex);
  complaint.assign(message, length);
}

[[noreturn]] void stop() {
  tell(Refusal{"a model that runs", "the runtime aborted" + last_complaint(), "export it again"});
  _exit(1);
}

}  // namespace

void keep_complaints() {
  executorch::runtime::PalImpl hooks{};
  hooks.abort = stop;
  hooks.emit_log_message = take;
  hooks.source_filename = __FILE__;
  executorch::runtime::register_pal(hooks);
}

std::string last_complaint() {
  const std::lock_guard lock(mutex);
  return complaint.empty() ? "" : " (" + complaint + ")";
}

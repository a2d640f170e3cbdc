// Runs exported files on a device and says what happened in JSON lines. See latency/runners/cpp/README.md.
#include <exception>

#include "arguments.h"
#include "events.h"
#include "log.h"
#include "measure.h"
#include "process.h"

int main(int argc, char** argv) {
  try {
    keep_complaints();
    const Arguments arguments = parse(argc, argv);
    bind_to(arguments.cores);
    use_threads(arguments.threads);
    tell_start(arguments, allowed_cores());
    (arguments.count ? count : measure)(arguments);
    tell(JsonObject("end"));
    return 0;
  } catch (const Refusal& refusal) {
    tell(refusal);
  } catch (const std::exception& error) {  // the standard library's: out of memory, a file that went away
    tell(Refusal{"a measurement that ends", error.what(), "free memory and check the files"});
  }
  return 1;
}

// Runs exported files on a device and reports in JSON lines. See latency/runners/cpp/README.md.
#include <cstdio>
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
    if (!arguments.help.empty()) return std::fputs(arguments.help.c_str(), stdout) < 0;
    bind_to(arguments.cores);
    use_threads(arguments.threads);
    tell_start(arguments, allowed_cores());
    (arguments.count ? count : measure)(arguments);
    tell_end();
    return 0;
  } catch (const Refusal& refusal) {
    tell(refusal);
  } catch (const std::exception& error) {  // of the standard library: out of memory, a file that was removed
    tell(Refusal{"a measurement that ends", error.what(), "free memory and check the files"});
  }
  return 1;
}

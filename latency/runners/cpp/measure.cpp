#include "measure.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>
#include <optional>

#include "events.h"
#include "model.h"
#include "process.h"

namespace {

constexpr long kMarker = 0x7ead;  // the number of no system call; the plugin waits for it
constexpr long kFill = 0;
constexpr long kBegin = 1;
constexpr long kFinish = 2;

Fields or_null(std::optional<long long> value) { return value ? Fields(*value) : Fields(); }

using Models = std::deque<Model>;  // models never move: their tensors point into them

double median(std::vector<double>::const_iterator begin, size_t count) {
  std::vector<double> sorted(begin, begin + static_cast<long>(count));
  std::sort(sorted.begin(), sorted.end());
  return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

// Whether the medians of the last two windows of `window` samples differ by less than `within` of the earlier one.
bool settled(const std::vector<double>& samples, size_t window, double within) {
  if (window == 0 || samples.size() < 2 * window) return false;
  const double before = median(samples.end() - 2 * static_cast<long>(window), window);
  const double after = median(samples.end() - static_cast<long>(window), window);
  return std::abs(after - before) < within * before;
}

void warm_up(Model& model, size_t index, const Arguments& how) {
  std::vector<double> samples;
  bool stable = false;
  while (samples.size() < how.warmup_min || (!stable && samples.size() < how.warmup_max)) {
    samples.push_back(model.run());
    stable = settled(samples, how.warmup_min / 2, how.stable_within);
  }
  tell("warmup", {{"model", index}, {"samples_ms", samples}, {"stable", stable}});
}

void take_turns(Models& models, const Arguments& how, const Stopwatch& since_start) {
  std::vector<double> spent_ms(models.size());
  const auto short_of_time = [&](double spent) { return spent < 1000 * how.min_seconds; };
  for (size_t turn = 0; turn < how.turns || std::any_of(spent_ms.begin(), spent_ms.end(), short_of_time); turn++) {
    for (size_t i = 0; i < models.size(); i++) {
      const double at_s = since_start.ms() / 1000;
      std::vector<double> samples;
      for (size_t run = 0; run < how.runs; run++) spent_ms[i] += samples.emplace_back(models[i].run());
      tell("turn", {{"model", i}, {"turn", turn}, {"samples_ms", samples}, {"at_s", at_s}});
    }
  }
}

Models load(const Arguments& how) {
  Models models;
  for (size_t i = 0; i < how.subjects.size(); i++) {
    const Model& model = models.emplace_back(how.subjects[i], !how.profile.empty());
    tell("load", {{"model", i}, {"ms", model.load_ms()}});
  }
  for (size_t i = 0; i < models.size(); i++) tell("first", {{"model", i}, {"ms", models[i].run()}});
  return models;
}

// What is counted. A function of its own, so that its instructions do not depend on the code around it.
[[gnu::noinline]] void run_between_markers(Model& model, size_t index) {
  syscall(kMarker, kBegin, index);
  model.execute();
  syscall(kMarker, kFinish, index);
}

void write_outputs(const Models& models, const std::string& folder) {
  if (folder.empty()) return;
  for (size_t i = 0; i < models.size(); i++) models[i].write_outputs(folder, i);
}

}  // namespace

void measure(const Arguments& arguments) {
  const Stopwatch since_start;
  const auto base_kb = reset_peak();
  Models models = load(arguments);
  for (size_t i = 0; i < models.size(); i++) warm_up(models[i], i, arguments);
  take_turns(models, arguments, since_start);
  tell("memory", {{"base_kb", or_null(base_kb)}, {"peak_kb", or_null(peak_kb())}});
  write_outputs(models, arguments.output);
  for (size_t i = 0; i < models.size() && !arguments.profile.empty(); i++) {
    const std::string path = arguments.profile + "/" + std::to_string(i) + ".etdp";
    models[i].write_trace(path);
    tell("profile", {{"model", i}, {"file", path}});
  }
}

void count(const Arguments& arguments) {
  Models models = load(arguments);
  for (size_t i = 0; i < models.size(); i++) {
    syscall(kMarker, kFill, i);
    models[i].run();  // the first run allocated the buffers; this one fills the caches
    models[i].set_input();
    run_between_markers(models[i], i);
    tell("counted", {{"model", i}});
  }
  write_outputs(models, arguments.output);
}

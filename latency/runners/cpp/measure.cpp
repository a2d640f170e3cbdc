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

double timed_run(Model& model) {
  const double ms = model.run();
  tell_alive();
  return ms;
}

void warm_up(Model& model, size_t index, const Plan& plan) {
  std::vector<double> samples;
  bool stable = false;
  for (double spent_ms = 0;;) {
    spent_ms += samples.emplace_back(timed_run(model));
    if (samples.size() < plan.warmup_min || spent_ms < 1000 * plan.warmup_seconds) continue;
    stable = settled(samples, plan.warmup_min / 2, plan.stable_within);
    if (stable || samples.size() >= plan.warmup_max) break;
  }
  tell("warmup", {{"model", index}, {"samples_ms", samples}, {"stable", stable}});
}

// What can be seen between turns, at most twice a second, so that looking is no load.
class Watch {
 public:
  Watch(const std::vector<std::string>& files, const Stopwatch& since_start) : files_(files), watch_(since_start) {}

  void look(bool last = false) {
    const double at_s = watch_.ms() / 1000;
    if (!last && at_s < next_s_) return;
    next_s_ = at_s + kEvery_s;
    Fields values = Fields::array();
    for (const std::string& file : files_) values.push_back(or_null(number_in(file)));
    tell("state", {{"at_s", at_s}, {"values", values}, {"core", or_null(core_now())}, {"switches", or_null(forced_switches())}});
  }

 private:
  static constexpr double kEvery_s = 0.5;
  const std::vector<std::string>& files_;
  const Stopwatch& watch_;
  double next_s_ = 0;
};

void take_turns(Models& models, const Plan& plan, Watch watch, const Stopwatch& since_start) {
  std::vector<double> spent_ms(models.size());
  const auto short_of_time = [&](double spent) { return spent < 1000 * plan.min_seconds; };
  watch.look();
  for (size_t turn = 0; turn < plan.turns || std::any_of(spent_ms.begin(), spent_ms.end(), short_of_time); turn++) {
    for (const size_t i : order(models.size(), turn, plan.balanced)) {
      for (size_t run = 0; models.size() > 1 && run < plan.settle; run++) models[i].run();
      const double at_s = since_start.ms() / 1000;
      std::vector<double> samples;
      for (size_t run = 0; run < plan.runs; run++) spent_ms[i] += samples.emplace_back(timed_run(models[i]));
      tell("turn", {{"model", i}, {"turn", turn}, {"samples_ms", samples}, {"at_s", at_s}});
    }
    watch.look();
  }
  watch.look(true);
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

void write_traces(Models& models, const std::string& folder) {
  if (folder.empty()) return;
  for (size_t i = 0; i < models.size(); i++) {
    const std::string path = folder + "/" + std::to_string(i) + ".etdp";
    models[i].write_trace(path);
    tell("profile", {{"model", i}, {"file", path}});
  }
}

}  // namespace

void measure(const Arguments& arguments) {
  const Stopwatch since_start;
  const auto base_kb = reset_peak();
  Models models = load(arguments);
  for (size_t i = 0; i < models.size(); i++) warm_up(models[i], i, arguments.plan);
  take_turns(models, arguments.plan, Watch(arguments.watch, since_start), since_start);
  tell("memory", {{"base_kb", or_null(base_kb)}, {"peak_kb", or_null(peak_kb())}});
  write_outputs(models, arguments.output);
  write_traces(models, arguments.profile);
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
  write_traces(models, arguments.profile);
}

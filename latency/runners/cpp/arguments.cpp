#include "arguments.h"

#include <charconv>
#include <filesystem>
#include <functional>
#include <map>
#include <string_view>

#include "refusal.h"

namespace {

constexpr size_t kMost = 1'000'000'000;

template <typename Value>
Value parsed(std::string_view option, std::string_view word, Value least, Value most, const char* what) {
  Value value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size() || !(value >= least && value <= most)) {
    throw Refusal{std::string(option) + " followed by " + what, "'" + std::string(word) + "'", "correct the argument"};
  }
  return value;
}

std::vector<int> core_list(std::string_view option, std::string_view word) {
  std::vector<int> cores;
  while (true) {
    const size_t comma = word.find(',');
    cores.push_back(parsed(option, word.substr(0, comma), 0, 4095, "numbers of cores with commas, such as 0,1,4"));
    if (comma == std::string_view::npos) return cores;
    word.remove_prefix(comma + 1);
  }
}

void check(const Arguments& found) {
  if (found.subjects.empty()) throw Refusal{"--model FILE --input FILE at least once", "none", "name an exported .pte"};
  for (const Subject& subject : found.subjects) {
    if (subject.input.empty()) {
      throw Refusal{"an --input after each --model", "none for " + subject.model, "give its raw float32 pixels"};
    }
  }
  if (found.warmup_min < 2 || found.warmup_max < found.warmup_min) {
    const std::string both = std::to_string(found.warmup_min) + " and " + std::to_string(found.warmup_max);
    throw Refusal{"2 <= --warmup-min <= --warmup-max", both, "correct them"};
  }
  for (const std::string& folder : {found.output, found.profile}) {
    std::error_code error;
    if (!folder.empty() && !std::filesystem::create_directories(folder, error) && error) {
      throw Refusal{"a folder for results", folder + ": " + error.message(), "name one that can be made"};
    }
  }
  if (found.count && found.threads != 1) {
    throw Refusal{"--count with --threads 1", std::to_string(found.threads),
                  "count on one thread: others spin as they wait"};
  }
}

}  // namespace

Arguments parse(int count, const char* const* words) {
  Arguments found;
  const auto whole = [](std::string_view option, std::string_view word, size_t least) {
    return parsed<size_t>(option, word, least, kMost, "a whole number that is large enough");
  };
  using Take = std::function<void(std::string_view option, std::string_view word)>;
  const std::map<std::string_view, Take> options = {
      {"--model", [&](auto, auto word) { found.subjects.push_back({std::string(word), ""}); }},
      {"--input",
       [&](auto, auto word) {
         if (found.subjects.empty() || !found.subjects.back().input.empty()) {
           throw Refusal{"--input after its --model", std::string(word), "name model and input in turn"};
         }
         found.subjects.back().input = word;
       }},
      {"--threads", [&](auto option, auto word) { found.threads = parsed<size_t>(option, word, 1, 256, "1 to 256"); }},
      {"--cores", [&](auto option, auto word) { found.cores = core_list(option, word); }},
      {"--warmup-min", [&](auto option, auto word) { found.warmup_min = whole(option, word, 0); }},
      {"--warmup-max", [&](auto option, auto word) { found.warmup_max = whole(option, word, 0); }},
      {"--stable-within",
       [&](auto option, auto word) { found.stable_within = parsed(option, word, 0.0, 10.0, "a share, such as 0.05"); }},
      {"--turns", [&](auto option, auto word) { found.turns = whole(option, word, 1); }},
      {"--runs", [&](auto option, auto word) { found.runs = whole(option, word, 1); }},
      {"--min-seconds", [&](auto option, auto word) { found.min_seconds = parsed(option, word, 0.0, 1e6, "seconds"); }},
      {"--output", [&](auto, auto word) { found.output = word; }},
      {"--profile", [&](auto, auto word) { found.profile = word; }},
      {"--etdump", [&](auto, auto word) { found.profile = word; }},
  };
  for (int i = 1; i < count; i++) {
    const std::string_view option = words[i];
    if (option == "--count") {
      found.count = true;
      continue;
    }
    const auto known = options.find(option);
    if (known == options.end()) {
      throw Refusal{"an option that this runner has", "'" + std::string(option) + "'",
                    "take a runner of the same release"};
    }
    if (++i == count) throw Refusal{"a value after " + std::string(option), "the end of the command", "give one"};
    known->second(option, words[i]);
  }
  check(found);
  return found;
}

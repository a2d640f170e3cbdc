#include "arguments.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <filesystem>
#include <sstream>
#include <string_view>

#include "refusal.h"

namespace {

// A number within [least, most], the whole word of it. CLI11 itself would take 010 for eight, and nan for a number in
// any range.
template <typename Value>
Value parsed(const std::string& option, std::string_view word, Value least, Value most, const std::string& what) {
  Value value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size() || !(value >= least && value <= most)) {
    throw Refusal{option + " followed by " + what, "'" + std::string(word) + "'", "correct the argument"};
  }
  return value;
}

std::vector<int> core_list(const std::string& option, std::string_view words) {
  std::vector<int> cores;
  while (true) {
    const size_t comma = words.find(',');
    cores.push_back(
        parsed(option, words.substr(0, comma), 0, 4095, "the numbers of cores, separated by commas, such as 0,1,4"));
    if (comma == std::string_view::npos) return cores;
    words.remove_prefix(comma + 1);
  }
}

// An option with a number. `what`: the numbers that it takes, in words.
template <typename Value>
void add_number(CLI::App& app, const std::string& option, Value& value, Value least, Value most,
                const std::string& what, const std::string& help) {
  const auto take = [&value, option, least, most, what](const std::string& word) {
    value = parsed(option, word, least, most, what);
  };
  std::ostringstream preset;
  preset << value;
  app.add_option_function<std::string>(option, take, help)->type_name("NUMBER")->default_str(preset.str());
}

void add_subjects(CLI::App& app, std::vector<Subject>& subjects) {
  const auto model = [&subjects](const std::string& path) { subjects.push_back({path, ""}); };
  const auto input = [&subjects](const std::string& path) {
    if (subjects.empty() || !subjects.back().input.empty()) {
      throw Refusal{"--input after its --model", path, "give a model and its input in turn"};
    }
    subjects.back().input = path;
  };
  // Taken where they stand: an input belongs to the model before it.
  app.add_option_function<std::string>("--model", model, "a .pte; repeat for several files, measured in turns")
      ->type_name("FILE")
      ->trigger_on_parse();
  app.add_option_function<std::string>("--input", input, "raw little-endian float32, one after each model")
      ->type_name("FILE")
      ->trigger_on_parse();
}

void add_options(CLI::App& app, Arguments& found) {
  app.option_defaults()->take_last();
  add_subjects(app, found.subjects);
  add_number(app, "--threads", found.threads, size_t{1}, size_t{256}, "1 to 256", "of the runtime's pool");
  app.add_option_function<std::string>(
         "--cores", [&found](const std::string& words) { found.cores = core_list("--cores", words); },
         "numbers of the cores to run on, such as 0,1,4; default: as inherited")
      ->type_name("LIST");
  app.add_option_function<std::string>(
         "--protocol", [&found](const std::string& text) { found.plan = parse_plan(text); },
         "how to measure, in JSON: warmup_min, warmup_max, warmup_seconds, stable_within, turns, runs, settle, balanced, "
         "min_seconds")
      ->type_name("JSON");
  app.add_option_function<std::string>(
         "--watch", [&found](const std::string& path) { found.watch.push_back(path); },
         "a file with a number to read between turns; repeat for several")
      ->type_name("FILE")
      ->trigger_on_parse();
  app.add_option("--output", found.output, "folder for the last outputs: <model>.<output>.bin, raw")->type_name("DIR");
  app.add_option("--profile,--etdump", found.profile, "folder for <model>.etdp, the runtime's record of all runs")
      ->type_name("DIR");
  app.add_flag("--count", found.count, "put markers around one inference instead of timing");
}

void check(const Arguments& found) {
  if (found.subjects.empty()) throw Refusal{"--model FILE --input FILE at least once", "none", "name an exported .pte"};
  for (const Subject& subject : found.subjects) {
    if (subject.input.empty()) {
      throw Refusal{"an --input after each --model", "none for " + subject.model, "give its raw float32 pixels"};
    }
  }
  for (const std::string& folder : {found.output, found.profile}) {
    std::error_code error;
    if (!folder.empty() && !std::filesystem::create_directories(folder, error) && error) {
      throw Refusal{"a folder for results", folder + ": " + error.message(), "name one that can be made"};
    }
  }
  if (found.count && found.threads != 1) {
    throw Refusal{"--count with --threads 1", std::to_string(found.threads),
                  "count on one thread: others spin while they wait"};
  }
}

}  // namespace

Arguments parse(int count, const char* const* words) {
  Arguments found;
  CLI::App app("Runs .pte files and writes what happens to standard output, one JSON object a line.", "runner");
  add_options(app, found);
  try {
    app.parse(count, words);
  } catch (const CLI::CallForHelp&) {
    found.help = app.help();
    return found;
  } catch (const CLI::ExtrasError&) {
    throw Refusal{"an option that this runner has", "'" + app.remaining().front() + "'",
                  "take a runner of the same release"};
  } catch (const CLI::ArgumentMismatch&) {  // every option takes one value: only the last word can lack it
    throw Refusal{"a value after " + std::string(words[count - 1]), "the end of the command", "give one"};
  } catch (const CLI::ParseError& error) {
    throw Refusal{"a command that this runner understands", error.what(), "see --help"};
  }
  check(found);
  return found;
}

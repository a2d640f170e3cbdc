#include "plan.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <variant>

#include "refusal.h"

namespace {

using Json = nlohmann::json;
using Field = std::variant<size_t*, double*, bool*>;

constexpr double kMost = 1e9;

[[noreturn]] void refuse(const std::string& expected, const std::string& found) {
  throw Refusal{expected, found, "correct --protocol, or take a runner of the same release"};
}

void set(const std::string& name, const Json& value, Field field) {
  if (auto* const flag = std::get_if<bool*>(&field)) {
    if (!value.is_boolean()) refuse("true or false for " + name, value.dump());
    **flag = value.get<bool>();
  } else if (auto* const whole = std::get_if<size_t*>(&field)) {
    if (!value.is_number_unsigned() || value.get<double>() > kMost) refuse("a whole number for " + name, value.dump());
    **whole = value.get<size_t>();
  } else {
    if (!value.is_number() || !(value.get<double>() >= 0 && value.get<double>() <= kMost))
      refuse("a number of 0 or more for " + name, value.dump());
    *std::get<double*>(field) = value.get<double>();
  }
}

}  // namespace

Plan parse_plan(const std::string& text) {
  Plan plan;
  const std::map<std::string, Field> fields{
      {"warmup_min", &plan.warmup_min}, {"warmup_max", &plan.warmup_max}, {"warmup_seconds", &plan.warmup_seconds},
      {"turns", &plan.turns},           {"runs", &plan.runs},             {"stable_within", &plan.stable_within},
      {"settle", &plan.settle},         {"balanced", &plan.balanced},     {"min_seconds", &plan.min_seconds},
  };
  const Json given = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!given.is_object()) refuse("a protocol as an object in JSON", "'" + text + "'");
  for (const auto& [name, value] : given.items()) {
    const auto field = fields.find(name);
    if (field == fields.end()) refuse("the names of a protocol", "'" + name + "'");
    set(name, value, field->second);
  }
  if (plan.warmup_min < 2 || plan.warmup_max < plan.warmup_min) {
    refuse("2 <= warmup_min <= warmup_max",
           std::to_string(plan.warmup_min) + " and " + std::to_string(plan.warmup_max));
  }
  if (plan.turns < 1 || plan.runs < 1)
    refuse("1 or more for turns and runs", std::to_string(plan.turns) + " and " + std::to_string(plan.runs));
  return plan;
}

std::vector<size_t> order(size_t count, size_t turn, bool balanced) {
  std::vector<size_t> row(count);
  const bool turned = balanced && count > 1;
  const size_t step = turned ? turn % (count % 2 != 0 ? 2 * count : count) : 0;
  for (size_t place = 0; place < count; place++) {
    const size_t first = place % 2 != 0 ? (place + 1) / 2 : (count - place / 2) % count;
    row[place] = turned ? (first + step) % count : place;
  }
  if (step >= count) std::reverse(row.begin(), row.end());
  return row;
}

// As much JSON as events need: one object of strings, numbers, booleans and arrays of numbers, on one line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

class JsonObject {
 public:
  explicit JsonObject(std::string_view event);

  JsonObject& text(std::string_view key, std::string_view value);
  JsonObject& integer(std::string_view key, std::optional<long long> value);  // null where there is none
  JsonObject& number(std::string_view key, double value);  // six decimals: nanoseconds, where the unit is ms
  JsonObject& boolean(std::string_view key, bool value);
  JsonObject& integers(std::string_view key, const std::vector<int>& values);
  JsonObject& numbers(std::string_view key, const std::vector<double>& values);

  std::string line() const;  // with its newline

 private:
  void name(std::string_view key);
  std::string body_ = "{";
};

// Quoted and escaped; bytes that are not UTF-8 (file names may hold any) become U+FFFD.
std::string quoted(std::string_view text);

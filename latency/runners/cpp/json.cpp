#include "json.h"

#include <cstdio>

namespace {

std::string decimal(double value) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.6f", value);
  return buffer;
}

// Length of the UTF-8 sequence at the front of `text`, 0 where there is none.
size_t sequence(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned lead = byte(0);
  const size_t length = lead < 0x80                   ? 1
                        : lead >= 0xC2 && lead < 0xE0 ? 2
                        : (lead & 0xF0) == 0xE0       ? 3
                        : lead >= 0xF0 && lead < 0xF5 ? 4
                                                      : 0;
  for (size_t i = 1; i < length; i++) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool outside = (lead == 0xED && byte(1) > 0x9F) || (lead == 0xF4 && byte(1) > 0x8F);
  return overlong || outside ? 0 : length;
}

template <typename Value, typename Write>
std::string array(const std::vector<Value>& values, Write write) {
  std::string joined;
  for (const Value& value : values) {
    if (!joined.empty()) joined += ", ";
    joined += write(value);
  }
  return "[" + joined + "]";
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string escaped = "\"";
  while (!text.empty()) {
    const size_t length = sequence(text);
    const char first = text.front();
    if (length == 0) {
      escaped += "\\ufffd";
    } else if (first == '"' || first == '\\') {
      (escaped += '\\') += first;
    } else if (static_cast<unsigned char>(first) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", first);
      escaped += code;
    } else {
      escaped += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return escaped + "\"";
}

JsonObject::JsonObject(std::string_view event) { text("event", event); }

void JsonObject::name(std::string_view key) {
  if (body_.size() > 1) body_ += ", ";
  body_ += quoted(key) + ": ";
}

JsonObject& JsonObject::text(std::string_view key, std::string_view value) {
  name(key);
  body_ += quoted(value);
  return *this;
}

JsonObject& JsonObject::integer(std::string_view key, std::optional<long long> value) {
  name(key);
  body_ += value ? std::to_string(*value) : "null";
  return *this;
}

JsonObject& JsonObject::number(std::string_view key, double value) {
  name(key);
  body_ += decimal(value);
  return *this;
}

JsonObject& JsonObject::boolean(std::string_view key, bool value) {
  name(key);
  body_ += value ? "true" : "false";
  return *this;
}

JsonObject& JsonObject::integers(std::string_view key, const std::vector<int>& values) {
  name(key);
  body_ += array(values, [](int value) { return std::to_string(value); });
  return *this;
}

JsonObject& JsonObject::numbers(std::string_view key, const std::vector<double>& values) {
  name(key);
  body_ += array(values, decimal);
  return *this;
}

std::string JsonObject::line() const { return body_ + "}\n"; }

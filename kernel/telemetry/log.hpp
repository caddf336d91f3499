// log.hpp: one line a record on stderr: JSON for programs, text on a terminal. Any thread; a record is written by one
// write(2), so lines never mix. Field names are fixed by docs/operations.md: ts, level, msg, plugin, generation,
// tenant, trace_id, code, then what the caller adds.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace socle::telemetry {

enum class Level { debug, info, warn, error };

struct Field {
  std::string_view key;
  std::string_view value;
};

class Log {
 public:
  enum class Format { automatic, json, text };

  // The process's log. Settings may change at any time; records in flight use either.
  static Log& get();
  void configure(Level least, Format format);
  // For tests: records go to this descriptor instead of 2.
  void redirect(int fd);

  void write(Level level, std::string_view message, std::span<const Field> fields = {});
  void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
    write(level, message, std::span<const Field>(fields.begin(), fields.size()));
  }

 private:
  Log() = default;
};

// The body of a JSON string literal for text that may hold anything; bytes that are not UTF-8 become U+FFFD.
void append_json_escaped(std::string& out, std::string_view text);

}  // namespace socle::telemetry

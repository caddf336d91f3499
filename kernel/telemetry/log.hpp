// log.hpp: one line a record on stderr: JSON for programs, text on a terminal. Any thread; a record is written by one
// write(2), so lines never mix. A reader of stderr that stalls costs records, which are counted, and no time: see
// begin_queue(). Field names are fixed by docs/operations.md: ts, level, msg, plugin, generation, tenant, trace_id,
// code, then what the caller adds.
#pragma once

#include <chrono>
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

  // From here on a thread writes the records and nobody who logs waits for the reader: the kernel's process, which has
  // threads that must not stop. Without it (a process that forks; a cell) a record waits for room 100 ms at most.
  void begin_queue();
  // Writes what is queued, within `patience`; records are written where they are made again. Idempotent.
  void end_queue(std::chrono::milliseconds patience);
  // For the handler of a fatal signal: what is queued, as far as the descriptor takes it at once.
  void last_words();

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

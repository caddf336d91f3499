#include "telemetry/log.hpp"

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <vector>

#include "telemetry/clock.hpp"
#include "telemetry/log_queue.hpp"

namespace socle::telemetry {
namespace {

std::atomic<Level> g_least{Level::info};
std::atomic<Log::Format> g_format{Log::Format::automatic};
std::atomic<int> g_fd{STDERR_FILENO};
std::atomic<LogQueue*> g_queue{nullptr};  // nullptr: none
std::atomic<uint64_t> g_dropped{0};       // without a queue; not yet told

constexpr size_t queue_room = 256 * 1024;  // a thousand records
constexpr int direct_patience = 100;       // ms

constexpr std::string_view names[] = {"debug", "info", "warn", "error"};

// Length of the well-formed UTF-8 sequence at the start of text, 0 when it is malformed.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  size_t length = first < 0x80                    ? 1
                  : first >= 0xC2 && first < 0xE0 ? 2
                  : (first & 0xF0) == 0xE0        ? 3
                  : first >= 0xF0 && first < 0xF5 ? 4
                                                  : 0;
  if (length == 0 || length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (first == 0xE0 && byte(1) < 0xA0) return 0;
  if (first == 0xED && byte(1) > 0x9F) return 0;
  if (first == 0xF0 && byte(1) < 0x90) return 0;
  if (first == 0xF4 && byte(1) > 0x8F) return 0;
  return length;
}

void append_field(std::string& line, const Field& field, bool json) {
  if (json) {
    line += ",\"";
    append_json_escaped(line, field.key);
    line += "\":\"";
    append_json_escaped(line, field.value);
    line += '"';
  } else {
    line.append(" ").append(field.key).append("=");
    append_json_escaped(line, field.value);  // control characters of a tenant must not reach the terminal
  }
}

void write_all(int fd, std::string_view line) {
  while (!line.empty()) {
    const ssize_t n = ::write(fd, line.data(), line.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;  // a log that nobody can take is dropped, never waited for
    line.remove_prefix(static_cast<size_t>(n));
  }
}

bool takes_more(int fd) {
  pollfd p{fd, POLLOUT, 0};
  return poll(&p, 1, direct_patience) > 0;
}

std::string record(int fd, Level level, std::string_view message, std::span<const Field> fields) {
  const Log::Format format = g_format.load(std::memory_order_relaxed);
  const bool json = format == Log::Format::json || (format == Log::Format::automatic && isatty(fd) == 0);
  const std::string_view name = names[static_cast<size_t>(level)];
  std::string line;
  line.reserve(256);
  if (json) {
    line.append("{\"ts\":\"").append(iso8601(utc_now())).append("\",\"level\":\"").append(name).append("\",\"msg\":\"");
    append_json_escaped(line, message);
    line += '"';
  } else {
    line.append(iso8601(utc_now())).append(" ").append(name).append(" ");
    append_json_escaped(line, message);
  }
  for (const Field& field : fields) {
    if (!field.value.empty()) append_field(line, field, json);
  }
  return line += json ? "}\n" : "\n";
}

std::string notice_of(uint64_t dropped) {
  const std::string count = std::to_string(dropped);
  const Field field{"dropped", count};
  return record(g_fd.load(std::memory_order_relaxed), Level::warn,
                "log records were dropped: whoever reads this log did not take them in time", {&field, 1});
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text.front());
    if (c == '"' || c == '\\') {
      out += '\\';
      out += text.front();
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < 0x20 || c == 0x7F) {
      out += "\\u00";
      out += hex[c >> 4];
      out += hex[c & 15];
    } else if (const size_t n = utf8_length(text); n != 0) {
      out.append(text.substr(0, n));
      text.remove_prefix(n);
      continue;
    } else {
      out += "\xEF\xBF\xBD";
    }
    text.remove_prefix(1);
  }
}

Log& Log::get() {
  static Log log;
  return log;
}

void Log::configure(Level least, Format format) {
  g_least = least;
  g_format = format;
}

void Log::redirect(int fd) { g_fd = fd; }

// Queues are never freed: a thread may be putting a record into one that ends, or be left behind in its write(2).
void Log::begin_queue() {
  static auto& queues = *new std::vector<std::unique_ptr<LogQueue>>;
  if (g_queue.load() != nullptr) return;
  queues.push_back(std::make_unique<LogQueue>(queue_room, g_fd, notice_of));
  queues.back()->start();
  g_queue = queues.back().get();
}

void Log::end_queue(std::chrono::milliseconds patience) {
  if (LogQueue* queue = g_queue.exchange(nullptr); queue != nullptr) static_cast<void>(queue->finish(patience));
}

void Log::last_words() {
  if (LogQueue* queue = g_queue.load(); queue != nullptr) queue->last_words();
}

void Log::write(Level level, std::string_view message, std::span<const Field> fields) {
  if (level < g_least.load(std::memory_order_relaxed)) return;
  const int fd = g_fd.load(std::memory_order_relaxed);
  const std::string line = record(fd, level, message, fields);
  if (LogQueue* queue = g_queue.load(std::memory_order_acquire); queue != nullptr) return queue->put(line);
  if (!takes_more(fd)) {
    g_dropped.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (const uint64_t dropped = g_dropped.exchange(0); dropped > 0) write_all(fd, notice_of(dropped));
  write_all(fd, line);
}

std::string iso8601(int64_t utc) {
  const time_t seconds = utc / 1'000'000'000;
  tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  const size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.", &parts);
  std::string out(text, n);
  const std::string micros = std::to_string(1'000'000 + utc % 1'000'000'000 / 1000);
  out.append(micros, 1).append("Z");
  return out;
}

}  // namespace socle::telemetry

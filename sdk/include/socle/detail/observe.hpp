// observe.hpp: what operators see: log fields, metrics, spans. Log and metrics from any thread, spans on a worker.
#pragma once

#include <socle/detail/context.hpp>

#include <charconv>
#include <concepts>
#include <initializer_list>
#include <string>

namespace socle {

enum class Level : int {
  debug = SOCLE_LOG_DEBUG,
  info = SOCLE_LOG_INFO,
  warn = SOCLE_LOG_WARN,
  error = SOCLE_LOG_ERROR,
};

// One key and value of a log line: {"path", path}, {"bytes", 42}. Borrows text, keeps numbers itself.
class Field {
 public:
  Field(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  Field(std::string_view key, const char* value) : key_(key), value_(value) {}
  Field(std::string_view key, bool value) : key_(key), value_(value ? "true" : "false") {}
  template <class T>
  requires(std::integral<T> || std::floating_point<T>) Field(std::string_view key, T value) : key_(key) {
    const auto end = std::to_chars(digits_, digits_ + sizeof digits_, value).ptr;
    digit_count_ = static_cast<std::size_t>(end - digits_);
  }
  [[nodiscard]] socle_pair pair() const {
    return {detail::str(key_), digit_count_ > 0 ? socle_str{digits_, digit_count_} : detail::str(value_)};
  }

 private:
  std::string_view key_, value_;
  std::size_t digit_count_ = 0;
  char digits_[32];
};

// Cheap to copy; registered once (constructor or start()), then used from any thread.
class Metric {
 public:
  Metric() = default;
  explicit Metric(std::uint32_t id) : id_(id), known_(true) {}
  // Counter: adds; gauge: sets; histogram: records.
  void observe(double value) const {
    if (known_) detail::host_table->observe(detail::host_table, id_, value);
  }
  void add(double amount = 1) const { observe(amount); }
  void set(double value) const { observe(value); }

 private:
  std::uint32_t id_ = 0;
  bool known_ = false;
};

// A stage of a trace, from here to the end of the scope (or end()).
class Span {
 public:
  explicit Span(std::uint64_t id) : id_(id) {}
  Span(Span&& other) noexcept : id_(std::exchange(other.id_, 0)) {}
  Span& operator=(Span&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Span() { end(); }
  void end() {
    if (id_ != 0) detail::host_table->span_end(detail::host_table, std::exchange(id_, 0));
  }

 private:
  std::uint64_t id_;
};

}  // namespace socle

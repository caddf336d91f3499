// metrics.hpp: named counters, gauges and histograms of kernel and plugins, shown as Prometheus text. define() is rare
// and locks; observe() is one relaxed atomic operation and may come from any thread. Hot per-call counts do not go
// through here: workers keep their own and the kernel adds them up when somebody asks (bus/stats.hpp).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

namespace socle::telemetry {

class Metrics {
 public:
  enum class Kind { counter, gauge, histogram };
  static constexpr uint32_t none = 0;         // observe() of it does nothing
  static constexpr uint32_t capacity = 4096;  // series in all; further ones get `none`

  // The number of the series NAME (which may carry labels: `name{a="b"}`). The same name gives the same number; a name
  // that exists with another kind, or is not a valid Prometheus name, gives `none`.
  uint32_t define(std::string_view name, Kind kind, std::string_view help);
  void observe(uint32_t series, double value);
  // Prometheus text exposition format 0.0.4.
  [[nodiscard]] std::string text() const;

 private:
  static constexpr size_t buckets = 20;  // by powers of two, from first_edge()
  // Families named …_seconds measure 1 µs to 0.5 s, others count things: 1 to 524,288.
  [[nodiscard]] static double first_edge(std::string_view family) { return family.ends_with("_seconds") ? 1e-6 : 1; }
  struct Series {
    std::string family, labels, help;
    Kind kind;
    double first_edge = 1;
    std::atomic<double> value{0};
    std::atomic<uint64_t> count{0};
    std::array<std::atomic<uint64_t>, buckets + 1> hits{};
  };
  mutable std::mutex mutex_;
  std::deque<Series> series_;  // stable addresses; only grows; published through slots_
  std::array<std::atomic<Series*>, capacity> slots_{};
};

}  // namespace socle::telemetry

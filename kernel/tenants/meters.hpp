// meters.hpp: what was used, by name: flows (requests, bytes written) are added up and shown as the last minute and
// since the start; stocks (storage.bytes, records) have a level that the plugin sets. Written by workers without a
// lock: a few relaxed atomic operations; a tenant that was never metered has none. Read by anyone.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace socle::tenants {

// The names of all meters of this process, by number: at most 64, because plugins name them, not tenants.
class MeterNames {
 public:
  static constexpr uint16_t most = 64;
  static constexpr uint16_t none = 0;
  [[nodiscard]] uint16_t number(std::string_view name);  // 1..most; none when all are taken. Any thread
  [[nodiscard]] std::string_view name(uint16_t number) const { return names_[number - 1]; }

 private:
  std::mutex mutex_;  // who adds
  std::array<std::string, most> names_;
  std::atomic<uint16_t> count_{0};
};

struct MeterReading {
  uint16_t name = 0;
  bool stock = false;
  double now = 0;    // a stock's level; of a flow the sum of the last 60 s, taken as even within the minute before
  double total = 0;  // of a flow since the kernel's start
};

class MeterSet {
 public:
  static constexpr int64_t window = 60'000'000'000;  // ns

  MeterSet() = default;
  ~MeterSet();
  MeterSet(const MeterSet&) = delete;
  MeterSet& operator=(const MeterSet&) = delete;

  void add(uint16_t name, double amount, int64_t now);
  // Whether it is another level than before.
  bool set(uint16_t name, double level);
  [[nodiscard]] std::vector<MeterReading> read(int64_t now) const;

 private:
  struct Meter {
    std::atomic<uint16_t> name{MeterNames::none};
    std::atomic<bool> stock{false};
    std::atomic<uint32_t> minute{0};  // that `current` belongs to
    std::atomic<double> current{0}, before{0}, total{0};
  };
  struct Block {
    std::array<Meter, 3> meters;
    std::atomic<Block*> next{nullptr};
  };
  Meter& meter(uint16_t name);
  std::atomic<Block*> first_{nullptr};
};

}  // namespace socle::tenants

// canary.hpp: the arithmetic of a model's canary: who meets it, what is counted, and the verdict. Pure; a Tally belongs
// to one worker.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace socle::models {

// Where a user falls, 0 to 9,999. Equal for equal arguments for ever; `salt` (the canary's version) deals anew for each
// canary, so that it is not always the same users who meet the new version first.
inline constexpr std::uint32_t buckets = 10'000;
[[nodiscard]] std::uint32_t bucket_of(std::string_view tenant, std::string_view model, std::string_view salt,
                                      std::string_view user);

// Outcomes of one side. Latencies in logarithmic buckets, eight to the octave: p95 is right within 9 %.
class Tally {
 public:
  void add(bool error, std::uint64_t micros);
  void add(const Tally& other);
  [[nodiscard]] std::uint64_t calls() const { return calls_; }
  [[nodiscard]] std::uint64_t errors() const { return errors_; }
  [[nodiscard]] double error_rate() const {
    return calls_ == 0 ? 0 : static_cast<double>(errors_) / static_cast<double>(calls_);
  }
  [[nodiscard]] double p95_micros() const;

 private:
  std::uint64_t calls_ = 0, errors_ = 0;
  std::array<std::uint32_t, 256> latency_{};
};

// As the kernel's gate for plugins (design, section 5).
struct Gate {
  std::uint64_t least_calls = 200;   // a side
  double error_margin = 0.001;       // canary's error rate at most the other's plus this
  double latency_factor = 1.25;      // canary's p95 at most the other's times this
  double latency_slack_micros = 50;  // and a difference below this is none
};

enum class Verdict : std::uint8_t { wait, promote, revert };
struct Judgement {
  Verdict verdict = Verdict::wait;
  std::string reason;
};
// A side that is bad is sent back as soon as it is certain by the gate's count; a good one is promoted when its time
// has `ended`; too few calls by then means revert.
[[nodiscard]] Judgement judge(const Tally& stable, const Tally& canary, const Gate& gate, bool ended);

}  // namespace socle::models

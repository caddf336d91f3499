#include "version/canary.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>

namespace socle::models {
namespace {

constexpr std::size_t per_octave = 8;

std::size_t latency_bucket(std::uint64_t micros) {
  if (micros < per_octave) return static_cast<std::size_t>(micros);
  const auto octave = static_cast<std::size_t>(std::bit_width(micros)) - 4;  // 8..15 is octave 0
  return std::min<std::size_t>(per_octave + octave * per_octave + ((micros >> octave) - per_octave), 255);
}
double lower_edge(std::size_t bucket) {
  if (bucket < per_octave) return static_cast<double>(bucket);
  const std::size_t octave = (bucket - per_octave) / per_octave;
  return std::ldexp(static_cast<double>(per_octave + (bucket - per_octave) % per_octave), static_cast<int>(octave));
}

std::string text(const char* format, double a, double b) {
  char out[160];
  std::snprintf(out, sizeof out, format, a, b);
  return out;
}

}  // namespace

std::uint32_t bucket_of(std::string_view tenant, std::string_view model, std::string_view salt, std::string_view user) {
  std::uint64_t h = 14695981039346656037ULL;  // FNV-1a, then the finaliser of splitmix64
  for (const std::string_view part : {tenant, model, salt, user}) {
    for (const char c : part) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    h = (h ^ 0xFFU) * 1099511628211ULL;  // parts do not run into one another: no UTF-8 text has this byte
  }
  h = (h ^ (h >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  h = (h ^ (h >> 27U)) * 0x94d049bb133111ebULL;
  return static_cast<std::uint32_t>((h ^ (h >> 31U)) % buckets);
}

void Tally::add(bool error, std::uint64_t micros) {
  ++calls_;
  errors_ += error ? 1 : 0;
  ++latency_[latency_bucket(micros)];
}

void Tally::add(const Tally& other) {
  calls_ += other.calls_;
  errors_ += other.errors_;
  for (std::size_t i = 0; i < latency_.size(); ++i) latency_[i] += other.latency_[i];
}

double Tally::p95_micros() const {
  double rank = static_cast<double>(calls_) * 0.95;
  for (std::size_t i = 0; i < latency_.size(); ++i) {
    const auto n = static_cast<double>(latency_[i]);
    if (n > 0 && rank <= n) return lower_edge(i) + (lower_edge(i + 1) - lower_edge(i)) * rank / n;
    rank -= n;
  }
  return 0;
}

Judgement judge(const Tally& stable, const Tally& canary, const Gate& gate, bool ended) {
  if (canary.calls() < gate.least_calls || stable.calls() < gate.least_calls) {
    if (!ended) return {};
    return {Verdict::revert, "too few calls to judge: " + std::to_string(canary.calls()) + " canary, " +
                                 std::to_string(stable.calls()) + " stable, wanted " +
                                 std::to_string(gate.least_calls) + " each"};
  }
  if (canary.error_rate() > stable.error_rate() + gate.error_margin)
    return {Verdict::revert,
            text("errors: canary %.2f %%, stable %.2f %%", canary.error_rate() * 100, stable.error_rate() * 100)};
  const double now = canary.p95_micros(), before = stable.p95_micros();
  if (now > before * gate.latency_factor && now - before > gate.latency_slack_micros)
    return {Verdict::revert, text("p95: canary %.0f us, stable %.0f us", now, before)};
  if (!ended) return {};
  return {Verdict::promote, text("p95: canary %.0f us, stable %.0f us; errors within the margin", now, before)};
}

}  // namespace socle::models

// cold_budget.hpp: how many credentials that nobody knows an address may show: each is looked up, and perhaps its
// signature checked, at that address's cost, wherever it is shown. A good one is given back. Any thread.
#pragma once

#include <socle/plugin.hpp>

#include "core/settings.hpp"
#include "credentials/attempts.hpp"

namespace socle::auth {

class ColdBudget {
 public:
  ColdBudget(Host& host, const Settings& settings) : host_(host), settings_(settings) {}

  // Nothing: taken. Else the answer.
  [[nodiscard]] std::optional<Reply> take(std::string_view peer) {
    const auto wait = shown_.take(bucket(peer), clock());
    if (!wait) return std::nullopt;
    return Reply::error(Code::exhausted, "too_many_credentials",
                        "too many unknown credentials come from this address; retry later")
        .with_retry_after(std::chrono::ceil<std::chrono::seconds>(*wait));
  }
  void give_back(std::string_view peer) { shown_.give_back(bucket(peer), clock()); }

 private:
  [[nodiscard]] std::vector<Attempts::Bucket> bucket(std::string_view peer) const {
    std::vector<Attempts::Bucket> out;
    out.push_back({sender(peer), settings_.cold_burst, settings_.cold_refill});
    return out;
  }
  [[nodiscard]] Attempts::Time clock() const { return Duration(host_.now().nanoseconds); }

  Host& host_;
  const Settings& settings_;
  Attempts shown_;
};

}  // namespace socle::auth

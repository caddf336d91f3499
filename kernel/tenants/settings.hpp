// settings.hpp: what somebody decided about one tenant, apart from its plan: the words of `socle tenant set`, of a line
// of a batch file and of the registry's journal are the same. Any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "socle/result.hpp"

namespace socle::tenants {

// Name → number, in seconds and bytes where the text had a unit; sorted by name.
using Numbers = std::map<std::string, double, std::less<>>;

struct Settings {
  static constexpr size_t max_limits = 64;
  std::optional<std::string> plan;
  std::optional<bool> suspended;
  Numbers limits;  // in place of the plan's

  // "plan=free", "rate=50", "storage.bytes=10MiB"; an empty value takes the setting back ("rate="). The error tells
  // what was found and wanted. Whether the plan exists is not asked here.
  [[nodiscard]] Status take(std::string_view word);
  // A word of the journal: numbers that an earlier version took are no reason not to start. mend() follows.
  [[nodiscard]] Status take_kept(std::string_view word);
  // Brings limits that take() would refuse to the nearest it takes; "in_flight=0 is 1, …", "" when there was none.
  [[nodiscard]] std::string mend();
  // " plan=free rate=50", each word with a blank in front; take() reads the words back. Without `suspended`.
  [[nodiscard]] std::string words() const;

  friend bool operator==(const Settings&, const Settings&) = default;

 private:
  Status take(std::string_view word, std::optional<double> (*parse)(std::string_view name, std::string_view text));
};

}  // namespace socle::tenants

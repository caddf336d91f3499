// cost_check.hpp: what the parts of a ruleset cost at least, each judged against the fuel of one evaluation and then
// all of them together. One thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "socle/cel/cost.hpp"
#include "socle/cel/program.hpp"
#include "table/codes.hpp"
#include "table/diagnostic.hpp"

namespace socle::rules {

class CostCheck {
 public:
  CostCheck(const cel::Environment& environment, Diagnostics& diagnostics, std::uint64_t fuel = cel::Limits{}.fuel)
      : environment_(environment), diagnostics_(diagnostics), fuel_(fuel) {}

  // The least the expression costs; tells what is wrong with it.
  std::uint64_t expression(const cel::Ast& ast, const std::string& pointer) {
    const auto least = cel::least_cost(environment_, ast);
    if (least > fuel_) {
      diagnostics_.error(
          pointer, codes::too_costly,
          "the expression can take " + std::to_string(least) + " units of fuel; allowed are " + std::to_string(fuel_),
          0);
      told_ = true;
      return least;
    }
    const auto cost = cel::estimate_cost(environment_, ast);
    if (cost.most > fuel_ && !cost.bounded)
      diagnostics_.warning(pointer, codes::cost_unbounded,
                           "'" + cost.unbounded +
                               "' has no declared bound; with 1000 items the expression could take " +
                               std::to_string(cost.most) + " units of fuel");
    return least;
  }
  // What is evaluated one after the other, `times` over.
  void add(std::uint64_t least, std::uint64_t times = 1) {
    const bool large = times != 0 && least > UINT64_MAX / times;
    const auto more = large ? UINT64_MAX : least * times;
    sum_ = more > UINT64_MAX - sum_ ? UINT64_MAX : sum_ + more;
  }
  // After all parts: whether together they are more than one evaluation has.
  void together(const std::string& pointer) {
    if (!told_ && sum_ > fuel_)
      diagnostics_.error(pointer, codes::too_costly,
                         "all steps together can take " + std::to_string(sum_) + " units of fuel; allowed are " +
                             std::to_string(fuel_));
  }

 private:
  const cel::Environment& environment_;
  Diagnostics& diagnostics_;
  std::uint64_t fuel_;
  std::uint64_t sum_ = 0;
  bool told_ = false;
};

}  // namespace socle::rules

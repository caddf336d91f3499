// difference.hpp: how two outcomes differ, place by place, and a dry run of records through two versions of a ruleset.
#pragma once

#include <string>
#include <vector>

#include "ruleset/ruleset.hpp"
#include "socle/json/view.hpp"

namespace socle::rules {

// One place; before and after are JSON texts, "nothing" where there is none.
struct Difference {
  std::string pointer;
  std::string before;
  std::string after;
};

// At most 100. Numbers by value, members in any order. Any thread.
[[nodiscard]] std::vector<Difference> compare_outcomes(json::View before, json::View after);

struct DryRun {
  struct Changed {
    std::size_t record = 0;
    // A fault is told as {"error": code, "at"?, "errors"?} at ""; warnings under the name "warnings".
    std::vector<Difference> differences;
  };
  std::size_t records = 0;
  std::size_t same = 0;
  std::size_t faults_before = 0;
  std::size_t faults_after = 0;
  std::vector<Changed> changed;  // at most 1000
  bool stopped = false;          // call.limits' interrupt said no: `records` tells how far it came
  bool out_of_fuel = false;      // an evaluation ended so
};
// Every record of the list through both, with the same `call` but for the input.
[[nodiscard]] DryRun dry_run(const Ruleset& before, const Ruleset& after, json::View records, Call call);

}  // namespace socle::rules

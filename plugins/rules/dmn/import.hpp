// import.hpp: DMN decision tables as rulesets of ours. Any thread.
//
// The result is DMN's in every case, without a switch: null where no rule is hit and there is no default, where UNIQUE
// finds several rules or ANY finds rules that differ, and where an input that is there is not one of its allowed
// values. What our own tables answer with an error is written out as steps, so that the model shows it and a trace
// names the rows:
//
//   allowed    a table that gives whether every input is null or one of its allowed values (only where some are listed)
//   hits       the table as C, for U, A and sums of what may be no number; else it is the decision itself
//   decision   what DMN makes of the hits
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dmn/feel.hpp"
#include "table/diagnostic.hpp"

namespace socle::rules {

namespace dmn {

// A decision table, with all texts in FEEL.
struct Table {
  struct Input {
    std::string expression;
    std::string type;
    std::string values;
  };
  struct Output {
    std::string name;
    std::string type;
    std::string values;  // the most important first
    std::string otherwise;
  };
  struct Rule {
    std::string id;
    std::vector<std::string> inputs;
    std::vector<std::string> outputs;
    std::string pointer;
  };
  std::string name;   // the decision's
  std::string asked;  // the ruleset's; empty: made of the decision's
  std::string pointer;
  std::string hit_policy;   // DMN's word; empty: UNIQUE
  std::string aggregation;  // SUM, MIN, MAX, COUNT or empty
  Names variables;
  std::vector<Input> inputs;
  std::vector<Output> outputs;
  std::vector<Rule> rules;
};

// A ruleset of this one table, whose output is the decision's result. Rules that overlap where they must not are told
// as warnings.
[[nodiscard]] std::optional<std::string> to_ruleset(const Table& table, Diagnostics& diagnostics);

}  // namespace dmn

// The decision table of a DMN 1.1 to 1.5 XML text (of that decision, when it has several). Pointers of diagnostics name
// the XML's place by line: "/line 12". `name` is the ruleset's; without one it is made of the decision's.
[[nodiscard]] std::optional<std::string> import_dmn(std::string_view xml, std::string_view decision,
                                                    Diagnostics& diagnostics, std::string_view name = {});

}  // namespace socle::rules

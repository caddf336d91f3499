// document.hpp: writes the OpenAPI 3.1 document of one tenant from what is served now. Pure; any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "socle/json/view.hpp"

namespace socle::openapi {

// A published form or ruleset. Texts are JSON; `example` is "" when none is known to work.
struct Model {
  std::string name, title, version;
  std::string schema;   // of a record, or of a ruleset's input; ready to stand under components/schemas/KEY
  std::string example;  // a record, or {"input": …}
  bool unique = false;  // the same record twice is refused
};

struct Sources {
  std::string tenant;
  json::View routes;  // the kernel's catalogue: [{method, path, to, access, params, consumes}]
  std::vector<Model> forms, rulesets;
  bool complete = true;  // every model of the tenant is here
};

[[nodiscard]] std::string component_of_form(const std::string& name);     // "loan"
[[nodiscard]] std::string component_of_ruleset(const std::string& name);  // "rules.loan-credit"

[[nodiscard]] std::string document_of(const Sources& sources);

}  // namespace socle::openapi

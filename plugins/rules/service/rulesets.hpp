// rulesets.hpp: from a ruleset's name to its compiled form: models/1 says at every use which version is served, what
// was compiled is kept by content hash and charged to the tenant it was compiled for, and while a canary runs models/1
// is told how each use went. Coroutines on the call's worker; compiling happens on the offload pool, once per content.
#pragma once

#include <socle/model_cache.hpp>
#include <socle/plugin.hpp>

#include <string>
#include <variant>
#include <vector>

#include "service/flights.hpp"
#include "service/front.hpp"

namespace socle::rules {

struct Found {
  RulesetPtr ruleset;
  std::string name, version;
  bool canary = false;  // this version is being measured against another: report() each use
};
using Got = std::variant<Found, Reply>;

class Rulesets {
 public:
  explicit Rulesets(Host& host);

  // The version that is served to this caller, or the one that is named ("name@1.2.0" names it too).
  Task<Got> find(Request request, std::string name, std::string version);
  // Not published: a candidate, which is charged and not kept. `source` must outlive the task.
  Task<Got> candidate(Request request, json::View source);
  // Whether one that takes so much could be served to the tenant now.
  Status room_for(Context context, const std::string& name, std::size_t bytes);
  // The reply of models/1 with the source of that version.
  Task<Reply> source(Request request, std::string name, std::string version);
  // `failed`: by the ruleset's own fault. Never waits for storage. `found` must outlive the task.
  Task<void> report(Request request, const Found& found, bool failed, Duration took);
  // The tenant is deleted.
  void forget(std::string_view tenant) { cache_.forget(tenant); }

 private:
  // From this worker's table or the shared one; null: it has to be compiled.
  RulesetPtr known(const std::string& hash);
  // Asks models/1 for the source of `found`'s version and compiles it.
  Task<Got> make(Request request, const Found& wanted);
  // Charged to nobody yet.
  Task<Got> compiled(json::View source);
  detail::CallOperation ask(Request request, const std::string& name, const std::string& version, bool source);
  Host& host_;
  Target resolve_, report_;
  ModelCache cache_;
  Flights flights_;
  std::vector<Front> fronts_;  // one a worker
  Metric compilations_;
};

}  // namespace socle::rules

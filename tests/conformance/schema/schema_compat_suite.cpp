// schema_compat_suite.cpp: pairs of schema versions and what a compatibility check must say of them.
#include "socle/schema/compatibility.hpp"
#include "suites.hpp"

namespace suites {

namespace schema = socle::schema;
namespace json = socle::json;

namespace {

void judge_pair(json::View test, Tally& tally) {
  const std::string name(test.find("id").as_string());
  if (!test.find("enabled").as_bool()) return tally.skip(name, "switched off by the suite itself (enabled: false)");
  const auto original = schema::compile(test.find("original"));
  const auto updated = schema::compile(test.find("updated"));
  if (!original || !updated) return tally.fail(name, (original ? updated : original).error().message);
  const auto report = schema::compatibility(*original, *updated);
  const std::string_view found = schema::to_string(report.compatibility);
  const std::string_view wanted = test.find("compatibility").as_string();
  if (found == wanted) {
    ++tally.passed;
    return;
  }
  std::string why = "wanted " + std::string(wanted) + ", found " + std::string(found);
  for (const auto& change : report.changes) why += "; " + change.location + ": " + change.message;
  tally.fail(name, why);
}

}  // namespace

void run_schema_compat(const std::filesystem::path& folder, Tally& tally) {
  conformance::each_document(folder, tally, [&](const std::string&, json::View content) {
    for (const json::View test : content.find("tests").elements()) judge_pair(test, tally);
  });
}

}  // namespace suites

// compatibility.cpp: both directions, and the report.
#include "socle/schema/compatibility.hpp"

#include "socle/json/compare.hpp"
#include "subset.hpp"

namespace socle::schema {

std::string_view to_string(Compatibility compatibility) {
  switch (compatibility) {
    case Compatibility::none: return "none";
    case Compatibility::backward: return "backward";
    case Compatibility::forward: return "forward";
    case Compatibility::both: return "both";
  }
  return "none";
}

CompatibilityReport compatibility(const Schema& old_schema, const Schema& new_schema) {
  const Program& before = old_schema.program();
  const Program& after = new_schema.program();
  CompatibilityReport report;
  // The same text says the same, also where the rules know nothing, unless other documents have a say.
  if (before.documents.size() == 1 && after.documents.size() == 1 && before.draft == after.draft &&
      json::equal(before.documents[0]->root(), after.documents[0]->root())) {
    report.compatibility = Compatibility::both;
    return report;
  }
  Subset backward(before, after);
  Subset forward(after, before);
  const bool reads_old = backward.prove();
  const bool reads_new = forward.prove();
  report.compatibility = reads_old ? (reads_new ? Compatibility::both : Compatibility::backward)
                                   : (reads_new ? Compatibility::forward : Compatibility::none);
  if (!reads_old) report.changes = backward.changes();
  if (!reads_new) {
    for (Change change : forward.changes()) {
      change.breaks_backward = false;
      if (report.changes.size() < 100) report.changes.push_back(std::move(change));
    }
  }
  return report;
}

}  // namespace socle::schema

#include "lifecycle/terms.hpp"

#include <algorithm>

#include "manifest/choices.hpp"

namespace socle::lifecycle {
namespace {

std::string joined(std::vector<std::string> items) {
  std::sort(items.begin(), items.end());  // their order says nothing
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + item;
  return out.empty() ? "none" : out;
}

std::vector<TermChange> terms_of(const Package& p) {
  const manifest::CellLimits& limits = p.entry.limits;
  std::vector<std::string> grants;
  for (const manifest::Permission& grant : p.entry.grants) grants.push_back(to_string(grant));
  return {{"home", manifest::Text<manifest::Home>::print(p.home()), {}},
          {"cell", manifest::Text<manifest::CellSharing>::print(p.entry.cell), {}},
          {"listen", joined(p.entry.listen), {}},
          {"grants", joined(std::move(grants)), {}},
          {"limits.memory", to_string(limits.memory), {}},
          {"limits.files", std::to_string(limits.files), {}},
          {"limits.cpu", limits.cpu == 0 ? "not limited" : manifest::to_string(limits.cpu), {}},
          {"limits.cells", std::to_string(limits.cells), {}},
          {"limits.idle", manifest::to_string(limits.idle), {}}};
}

}  // namespace

std::vector<TermChange> changed_terms(const Package& before, const Package& after) {
  std::vector<TermChange> changes = terms_of(before);
  std::vector<TermChange> now = terms_of(after);
  for (size_t i = 0; i < changes.size(); ++i) changes[i].after = std::move(now[i].before);
  std::erase_if(changes, [](const TermChange& c) { return c.before == c.after; });
  return changes;
}

}  // namespace socle::lifecycle

// presences.cpp: see the header.
#include "service/presences.hpp"

#include <set>

#include "records/named.hpp"
#include "records/texts.hpp"

namespace socle::forms {

void Presences::add(const Form& form, std::size_t row, json::View doc, json::View old, bool only_new) {
  for (const auto& logic : form.logic()) {
    if (logic.reference.empty()) continue;
    const bool keeps = logic.on_delete != OnDelete::keep;
    std::set<std::string_view> before;
    if (keeps || only_new)
      for (const auto& one : named_in(form.fields(), logic.field, old)) before.insert(one.id);
    for (auto& one : named_in(form.fields(), logic.field, doc)) {
      if (full()) return;
      std::string id(one.id);
      const bool fresh = !before.contains(one.id);
      if (only_new && !fresh) continue;
      const bool guarded = keeps && fresh && is_record_id(id);  // nothing else can be there, or be deleted
      const auto [at, first] = seen_.emplace(std::pair(logic.reference, id), all_.size());
      if (first) all_.push_back({row, logic.reference, std::move(id), std::move(one.pointer), false});
      auto& asked = all_[at->second];
      if (guarded && !asked.guarded) {
        asked.guarded = true;
        ++guarded_;
      }
    }
  }
}

std::string too_large_message(std::size_t found, bool more, Language language) {
  const auto limit = std::to_string(most_operations);
  if (language == Language::zh)
    return (more ? "记录、草稿、不同的引用(带 on_delete 的计两次)、文件和序号共超过 " + limit
                 : "记录、草稿、不同的引用(带 on_delete 的计两次)、文件和序号共 " + std::to_string(found)) +
           " 项;一次写入最多 " + limit + " 项:请减少一次发送的数量";
  return "found " + (more ? "more than " + limit : std::to_string(found)) +
         " records, drafts, different references (those with on_delete twice), files and sequences; one write holds at "
         "most " +
         limit + ": send fewer at a time";
}

}  // namespace socle::forms

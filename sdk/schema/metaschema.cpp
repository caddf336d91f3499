// metaschema.cpp: parses the built-in texts at first use, and compiles a draft's metaschema at its first use. Function
// statics, so that loading the library costs nothing and unloading it frees them.
#include "metaschema.hpp"

#include <array>
#include <map>
#include <mutex>
#include <optional>

#include "dialect.hpp"
#include "metaschema_texts.hpp"

namespace socle::schema {

namespace {

using Documents = std::map<std::string, json::Document, std::less<>>;

Documents parse_all() {
  Documents out;
  for (const auto texts : {metaschemas_2020_12(), metaschemas_2019_09(), metaschemas_07()}) {
    for (const auto text : texts) {
      auto document = json::Document::parse(text);
      if (!document) continue;  // cannot be: a test compiles each of them
      std::string uri(document->root().find("$id").as_string());
      if (uri.ends_with('#')) uri.pop_back();
      out.emplace(std::move(uri), std::move(*document));
    }
  }
  return out;
}

const Documents& documents() {
  static const Documents all = parse_all();
  return all;
}

}  // namespace

json::View metaschema(std::string_view uri) {
  if (uri.ends_with('#')) uri.remove_suffix(1);
  const auto found = documents().find(uri);
  return found == documents().end() ? json::View{} : found->second.root();
}

const Schema* compiled_metaschema(Draft draft) {
  struct Slot {
    std::once_flag once;
    std::optional<Schema> schema;
  };
  static std::array<Slot, 5> slots;
  Slot& slot = slots.at(static_cast<std::size_t>(draft));
  std::call_once(slot.once, [&] {
    const json::View document = metaschema(dialect_of(draft).metaschema);
    Options options;
    options.check_metaschema = false;  // it is its own metaschema
    if (!document) return;
    if (auto made = compile(document, options)) slot.schema = std::move(*made);
  });
  return slot.schema ? &*slot.schema : nullptr;
}

}  // namespace socle::schema

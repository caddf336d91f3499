#include "registry/templates.hpp"

#include "source/source.hpp"

namespace socle::models {

Reply template_reply(Request request) {
  const std::string_view kind = request.param("kind"), name = request.param("name");
  std::string text;
  json::Writer out(text);
  out.begin_object().key("items").begin_array();
  for (const Template& one : gallery()) {
    if (!name.empty() && one.kind == kind && one.name == name) return Reply::other("application/yaml", one.text);
    if (!kind.empty() && one.kind != kind) continue;
    std::vector<Diagnostic> none;
    const auto source = Source::read(std::string(one.text), Media::yaml, none);
    out.begin_object().member("kind", one.kind).member("name", one.name);
    if (source && source->root().find("title").exists()) out.member("title", source->root().find("title"));
    if (source && source->root().find("describe").exists()) out.member("describe", source->root().find("describe"));
    out.end_object();
  }
  if (!name.empty()) return Reply::error(Code::not_found, "unknown_template", "there is no such template");
  out.end_array().end_object();
  return Reply::json(text);
}

}  // namespace socle::models

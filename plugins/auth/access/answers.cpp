// answers.cpp: decisions and filters as the JSON that auth/1 answers with.
#include "access/access.hpp"

namespace socle::auth {
namespace {

template <class Fields>
void write_list(json::Writer& out, std::string_view name, const Fields& fields) {
  out.key(name).begin_array();
  for (const auto& field : fields) out.string(field);
  out.end_array();
}

template <class Masks>
void write_masks(json::Writer& out, const Masks& masks) {
  out.key("masks").begin_object();
  write_list(out, "hidden", masks.hidden);
  write_list(out, "read_only", masks.read_only);
  out.end_object();
}

}  // namespace

std::string decision_text(const authz::Decision& decision) {
  using By = authz::Decision::By;
  std::string text;
  json::Writer out(text);
  out.begin_object().member("effect", decision.allowed ? "allow" : "deny");
  out.member("by", decision.by == By::rule ? "rule" : decision.by == By::grant ? "role" : "nothing");
  if (decision.by == By::grant) out.member("role", decision.role);
  if (decision.by == By::rule) {
    out.member("policy", decision.policy).member("rule", decision.rule);
    if (decision.erred) out.member("error", true);
    if (decision.reason != nullptr && !decision.reason->empty()) {
      out.key("reason").begin_object();
      for (const auto& [language, words] : decision.reason->texts)
        out.member(language.empty() ? std::string_view("en") : std::string_view(language), std::string_view(words));
      out.end_object();
    }
  }
  if (decision.allowed) write_masks(out, decision.masks);
  out.end_object();
  return text;
}

std::string filter_text(const authz::Filter& filter, bool unconditional) {
  using Effect = authz::Filter::Effect;
  std::string text;
  json::Writer out(text);
  out.begin_object().member("effect", filter.effect == Effect::all    ? "all"
                                      : filter.effect == Effect::some ? "some"
                                                                      : "none");
  if (!filter.predicate.empty())
    if (const auto predicate = json::Document::parse(filter.predicate); predicate)
      out.key("predicate").value(predicate->root());
  if (!filter.remainder.empty()) out.member("remainder", std::string_view(filter.remainder));
  write_masks(out, filter);
  out.member("exact_masks", filter.exact_masks).member("unconditional", unconditional).end_object();
  return text;
}

}  // namespace socle::auth

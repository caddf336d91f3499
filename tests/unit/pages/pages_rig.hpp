// pages_rig.hpp: what the tests of forms' pages share: the pages of a record, and what a browser posts of them.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <map>

#include "form/edit.hpp"
#include "form/posted.hpp"
#include "forms/forms_rig.hpp"
#include "site/texts.hpp"
#include "socle/page/escape.hpp"

namespace pages_test {

using namespace socle;
using namespace socle::pages;
using forms::testing::form_of;

inline const page::Templates& templates() {
  static const auto all =
      page::Templates::compile({template_sources().begin(), template_sources().end()}, messages(), page::Language::en)
          .value();
  return all;
}

struct Rendered {
  std::string html, live, reading;
};

// The page of a record that is being filled in, what that is told while it is, and the page that reads it.
inline Rendered rendered(const std::shared_ptr<const Form>& form, std::string_view doc, const Faults& faults = {},
                         std::size_t step = 0, const Candidates& known = {}, const forms::Masks& masks = {}) {
  const auto plan = plan_of(form);
  const auto given = json::Document::parse(doc).value();
  const auto user = json::Document::parse(R"~({"id":"ada","roles":["hr"]})~").value();
  forms::Call call;
  call.doc = given.root();
  call.user = user.root();
  call.now_seconds = 1795257600;
  cel::Arena arena;
  forms::Evaluation evaluation(*form, call, arena);
  REQUIRE(evaluation.run());
  const auto after = json::Document::parse(evaluation.changed() ? evaluation.document() : std::string(doc)).value();
  const Shown shown{*plan, evaluation, after.root(), faults, known, messages(), Language::en, &masks};
  Editing editing;
  editing.step = step;
  page::Data record;
  record.list("steps", values(shown));
  return {templates().render("edit", edit_data(shown, editing)), live_text(shown),
          templates().render("record", record)};
}

// As a browser reads the page and posts its form: every enabled input that counts.
inline std::string unescaped(std::string text) {
  for (const auto& [from, to] :
       {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}})
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += 1)
      text.replace(at, std::string_view(from).size(), to);
  return text;
}
inline std::string attribute(std::string_view tag, std::string_view name) {
  const std::string begin = " " + std::string(name) + "=\"";
  const auto at = tag.find(begin);
  return at == std::string_view::npos ? ""
                                      : unescaped(std::string(tag.substr(
                                            at + begin.size(), tag.find('"', at + begin.size()) - at - begin.size())));
}
inline std::string sent(const std::string& html) {
  std::string out;
  const auto add = [&](const std::string& name, const std::string& value) {
    page::append_component(out, name);
    out += '=';
    page::append_component(out, value);
    out += '&';
  };
  for (std::size_t at = 0; (at = html.find('<', at)) != std::string::npos; ++at) {
    const std::string tag = html.substr(at, html.find('>', at) - at + 1);
    if (tag.find(" disabled") != std::string::npos) continue;
    const std::string name = attribute(tag, "name");
    if (tag.starts_with("<input") &&
        !(attribute(tag, "type") == "checkbox" && tag.find(" checked") == std::string::npos))
      add(name, attribute(tag, "value"));
    if (tag.starts_with("<textarea"))
      add(name, unescaped(html.substr(at + tag.size() + 1, html.find("</textarea>", at) - at - tag.size() - 1)));
    if (tag.starts_with("<select")) {
      const std::string inside = html.substr(at, html.find("</select>", at) - at);
      const auto chosen = inside.find(" selected");
      const auto option = inside.rfind("<option", chosen);
      add(name, chosen == std::string::npos ? "" : attribute(inside.substr(option, chosen - option + 1), "value"));
    }
  }
  return out;
}
inline std::string back(const std::shared_ptr<const Form>& form, const std::string& html, std::string_view base = "{}",
                        const RowChange& change = {}) {
  const auto body = page::FormBody::parse(sent(html)).value();
  const auto stored = json::Document::parse(base).value();
  return document_of(*plan_of(form), body, stored.root(), change);
}
inline std::string sorted(std::string_view text) {
  // Members in any order, for comparing.
  const auto document = json::Document::parse(text).value();
  std::function<std::string(json::View)> all = [&](json::View view) -> std::string {
    if (view.is_object()) {
      std::map<std::string, std::string> members;
      for (const auto& [key, value] : view.members()) members[std::string(key)] = all(value);
      std::string out = "{";
      for (const auto& [key, value] : members) out += key + ":" + value + ",";
      return out + "}";
    }
    if (view.is_array()) {
      std::string out = "[";
      for (const auto one : view.elements()) out += all(one) + ",";
      return out + "]";
    }
    return json::to_text(view);
  };
  return all(document.root());
}

}  // namespace pages_test

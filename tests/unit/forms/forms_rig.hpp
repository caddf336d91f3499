// forms_rig.hpp: what the tests of the forms' parts share: a form from JSON text, a record judged, errors as one line.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "logic/verdict.hpp"
#include "model/form.hpp"
#include "socle/json/writer.hpp"

namespace socle::forms::testing {

inline std::string told(const Diagnostics& diagnostics) {
  std::string out;
  for (const auto& one : diagnostics.all())
    out += one.pointer + (one.offset ? "@" + std::to_string(*one.offset) : "") + " " + std::string(one.code) + ": " +
           one.message + "\n";
  return out;
}

inline std::shared_ptr<const Form> form_of(std::string_view model, std::string* errors = nullptr) {
  const auto document = json::Document::parse(model);
  if (!document) {
    if (errors != nullptr) *errors = document.error().message;
    return nullptr;
  }
  Diagnostics diagnostics;
  auto form = Form::compile(document->root(), diagnostics);
  if (errors != nullptr) *errors = told(diagnostics);
  return form;
}

inline std::string errors_of(std::string_view model) {
  std::string out;
  (void)form_of(model, &out);
  return out;
}

// A form with these properties (JSON members) and these other keys.
inline std::string model_of(std::string_view properties, std::string_view rest = {}) {
  std::string out = R"~({"form":"f","schema":{"type":"object","additionalProperties":false,"properties":{)~";
  out.append(properties).append("}}");
  if (!rest.empty()) out.append(",").append(rest);
  return out + "}";
}

struct Judged {
  std::string doc;     // as it would be kept
  std::string errors;  // "pointer code; pointer code"
  Verdict verdict;
};

// REQUIRES: the form compiles and the texts are JSON.
inline Judged judged(const Form& form, std::string_view doc, std::string_view old = {},
                     Language language = Language::en) {
  const auto given = json::Document::parse(doc).value();
  const auto stored = json::Document::parse(old.empty() ? "null" : old).value();
  const auto user = json::Document::parse(R"~({"id":"ada","roles":["hr"]})~").value();
  Call call;
  call.doc = given.root();
  if (!old.empty()) call.old = stored.root();
  call.action = old.empty() ? "create" : "update";
  call.user = user.root();
  call.now_seconds = 1795257600;  // 2026-11-21T10:40:00Z
  const std::uint64_t numbers[] = {7, 8};
  call.numbers = numbers;
  cel::Arena arena;
  Judged out;
  out.verdict = judge(form, call, language, arena);
  out.doc = json::to_text(out.verdict.root(given.root()));
  for (const auto& error : out.verdict.errors)
    out.errors += (out.errors.empty() ? "" : "; ") + error.pointer + " " + error.code;
  return out;
}

}  // namespace socle::forms::testing

// compile.cpp: Models::compile and compile_text: of the forms plugin alone; whoever only serves forms leaves it out.
#include "service/models.hpp"
#include "service/referrers.hpp"
#include "socle/json/writer.hpp"

namespace socle::forms {
namespace {

std::string compile_answer(const Form* form, const Diagnostics& diagnostics) {
  std::string text;
  json::Writer out(text);
  out.begin_object().key("diagnostics").begin_array();
  for (const auto& one : diagnostics.all()) {
    out.begin_object().member("pointer", one.pointer);
    if (one.offset) out.member("offset", *one.offset);
    out.member("code", one.code).member("message", one.message).member("severity", to_string(one.severity));
    out.end_object();
  }
  out.end_array();
  if (form != nullptr) {
    out.member("schema", form->schema_document());
    if (const auto collections = json::Document::parse(form->collections()))
      out.member("collections", collections->root());
  }
  out.end_object();
  return text;
}

}  // namespace

Task<Reply> Models::compile(Request request, Referrers& referrers) {
  auto body = json::Document::parse(request.text());
  if (!body) co_return Reply::error(Code::invalid, "malformed_json", body.error().message).with_status(400);
  const auto source = body->root().find("source");
  if (!source.exists()) co_return Reply::error(Code::invalid, "no_source", "compile wants {source}, a form");
  const bool draft = body->root().find("mode").as_string() == "fast";
  const auto work = [source, fuel = fuel_] {
    Diagnostics diagnostics;
    auto form = Form::compile(source, diagnostics, fuel);
    auto text = compile_answer(form.get(), diagnostics);
    return std::pair(std::move(form), std::move(text));
  };
  auto answer = co_await host_.offload(work);
  if (!answer) co_return Reply(std::move(answer).error());
  FormPtr form = std::move(answer->first);
  // One that the tenant has no memory for is told to who publishes it, rather than to each who uses it.
  if (form != nullptr && !draft) {
    const auto bytes = form->bytes();
    const auto name = form->name();
    auto charged = cache_.charge(request, bytes, std::move(form));
    if (!charged) co_return Reply(std::move(charged).error().context("form '" + name + "'"));
    form = *std::move(charged);
  }
  if (form != nullptr && form->has_on_delete() && !request.tenant().empty()) {
    auto noted = co_await referrers.note(request, *form);
    if (!noted) co_return std::move(noted).problem();
  }
  co_return Reply::json(answer->second);
}

Task<Reply> Models::compile_text(Request request) {
  const auto name = request.param("formId");
  if (name.empty())
    co_return Reply::error(Code::invalid, "no_form", "say which form this is: ?formId=NAME").with_status(400);
  const socle::Meta meta{{"kind", "forms"},
                         {"name", name},
                         {"mode", request.param("mode")},
                         {"http.header.content-type", request.header("content-type")}};
  const Payload body = Payload::make(request.text(), request.media(), meta);
  co_return co_await host_.call(request, compile_, body);
}

}  // namespace socle::forms

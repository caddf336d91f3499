// plugin.cpp: forms/1: wiring. Models are looked up in service/models, records change in service/saver; nothing is kept
// but compiled forms by their hash.
#include <socle/plugin.hpp>

#include "service/records.hpp"
#include "service/referrers.hpp"
#include "socle/json/pointer.hpp"
#include "socle/json/writer.hpp"

namespace socle::forms {
namespace {

void write_words(json::Writer& out, std::string_view key, const Words& words) {
  if (words.empty()) return;
  out.key(key).begin_object().member("en", words.in(Language::en)).member("zh", words.in(Language::zh)).end_object();
}

// A layout for forms that bring none: all fields below one another.
void write_layout(json::Writer& out, const Form& form) {
  out.begin_object().member("type", "VerticalLayout").key("elements").begin_array();
  for (const auto field : form.fields().top()) {
    std::string scope = "#/properties/";
    json::append_escaped(scope, form.fields()[field].name);
    out.begin_object().member("type", "Control").member("scope", scope).end_object();
  }
  out.end_array().end_object();
}

}  // namespace

class Forms final : public Plugin {
 public:
  explicit Forms(Host& host) : referrers_(host), models_(host), records_(host, models_, referrers_) {}

  Task<Reply> compile(Request request) { return models_.compile(request, referrers_); }
  Task<Reply> compile_text(Request request) { return models_.compile_text(request); }
  // The kernel's, when a tenant is deleted.
  Reply forget(Request request) {
    models_.forget(request.tenant());
    return {};
  }

  Task<Reply> get(Request request) {
    auto served = co_await models_.find(request, std::string(request.param("form")));
    if (!served) co_return std::move(served).problem();
    const Form& form = *served->form;
    std::string text;
    json::Writer out(text);
    out.begin_object().member("form", form.name()).member("version", served->version);
    write_words(out, "title", form.title());
    write_words(out, "describe", form.describe());
    out.member("schema", form.schema_document());
    for (const auto* key : {"logic", "checks", "index", "unique", "rules", "compatibility"})
      if (const auto part = form.source().find(key); part.exists()) out.member(key, part);
    out.key("ui");
    if (form.ui().exists())
      out.value(form.ui());
    else
      write_layout(out, form);
    write_fields(out, form);
    out.end_object();
    co_return Reply::json(text);
  }

  Task<Reply> schema(Request request) {
    auto served = co_await models_.find(request, std::string(request.param("form")));
    if (!served) co_return std::move(served).problem();
    co_return Reply::other("application/schema+json", json::to_text(served->form->schema_document()));
  }

  Task<Reply> ui(Request request) {
    auto served = co_await models_.find(request, std::string(request.param("form")));
    if (!served) co_return std::move(served).problem();
    std::string text;
    json::Writer out(text);
    if (served->form->ui().exists())
      out.value(served->form->ui());
    else
      write_layout(out, *served->form);
    co_return Reply::json(text);
  }

  Task<Reply> create(Request request) { return records_.create(request); }
  Task<Reply> read(Request request) { return records_.read(request); }
  Task<Reply> replace(Request request) { return records_.replace(request); }
  Task<Reply> change(Request request) { return records_.change(request); }
  Task<Reply> remove(Request request) { return records_.remove(request); }
  Task<Reply> validate(Request request) { return records_.validate(request); }
  Task<Reply> batch(Request request) { return records_.batch(request); }
  Task<Reply> list(Request request) { return records_.list(request); }
  Task<Reply> export_all(Request request) { return records_.export_all(request); }
  Task<Reply> import_all(Request request) { return records_.import_all(request); }
  Task<Reply> masks(Request request) { return records_.masks(request); }
  Task<Reply> drafts(Request request) { return records_.drafts().list(request); }
  Task<Reply> create_draft(Request request) { return records_.drafts().create(request); }
  Task<Reply> draft(Request request) { return records_.drafts().read(request); }
  Task<Reply> replace_draft(Request request) { return records_.drafts().replace(request); }
  Task<Reply> remove_draft(Request request) { return records_.drafts().remove(request); }

 private:
  static void write_fields(json::Writer& out, const Form& form) {
    out.key("fields").begin_array();
    for (const auto& field : form.fields().all()) {
      out.begin_object().member("path", field.path).member("type", to_string(field.type));
      write_words(out, "title", field.title);
      if (!field.labels.empty()) {
        out.key("labels").begin_array();
        for (const auto& label : field.labels) {
          out.begin_object();
          if (const auto value = json::Document::parse(label.value)) out.member("value", value->root());
          write_words(out, "title", label.words);
          out.end_object();
        }
        out.end_array();
      }
      out.end_object();
    }
    out.end_array();
  }

  Referrers referrers_;
  Models models_;
  Records records_;
};

}  // namespace socle::forms

using socle::forms::Forms;
SOCLE_PLUGIN(Forms, socle::service("forms", 1)
                        .method("compile", &Forms::compile)
                        .method("compile_text", &Forms::compile_text)
                        .method("forget", &Forms::forget)
                        .method("get", &Forms::get)
                        .method("schema", &Forms::schema)
                        .method("ui", &Forms::ui)
                        .method("create", &Forms::create)
                        .method("read", &Forms::read)
                        .method("replace", &Forms::replace)
                        .method("change", &Forms::change)
                        .method("remove", &Forms::remove)
                        .method("validate", &Forms::validate)
                        .method("batch", &Forms::batch)
                        .method("list", &Forms::list)
                        .method("export", &Forms::export_all)
                        .method("import", &Forms::import_all)
                        .method("masks", &Forms::masks)
                        .method("drafts", &Forms::drafts)
                        .method("create_draft", &Forms::create_draft)
                        .method("draft", &Forms::draft)
                        .method("replace_draft", &Forms::replace_draft)
                        .method("remove_draft", &Forms::remove_draft))

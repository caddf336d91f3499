// plugin.cpp: openapi/1: gathers what is served now (the kernel's routes, the tenant's forms and rulesets) and writes
// the document. Nothing is kept: what was published a moment ago is in it. Examples are tried on the form before they
// are shown.
#include <socle/plugin.hpp>

#include "document.hpp"
#include "sample.hpp"
#include "schema_copy.hpp"
#include "socle/json/document.hpp"
#include "socle/json/writer.hpp"

namespace socle::openapi {
namespace {

std::string title_of(json::View title) {
  return std::string(title.is_object() ? title.find("en").as_string() : title.as_string());
}

bool named(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (list.substr(0, comma) == name) return true;
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return false;
}

std::string etag_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return "\"" + std::to_string(hash) + "\"";
}

}  // namespace

class OpenApi final : public Plugin {
 public:
  explicit OpenApi(Host& host)
      : host_(host),
        most_(host.config().get<std::size_t>("forms", 200)),
        list_(host.target("models/1", "list")),
        resolve_(host.target("models/1", "resolve")),
        get_(host.target("forms/1", "get")),
        validate_(host.target("forms/1", "validate")) {}

  Task<Reply> describe(Request request) {
    Sources sources;
    sources.tenant = request.tenant();
    const Payload catalog = host_.catalog("routes");
    const auto routes = json::Document::parse(catalog.empty() ? std::string_view("[]") : catalog.text());
    if (!routes) co_return Reply::error(Code::internal, "internal", "the catalogue of routes is no JSON");
    if (routes->root().empty())
      co_return Reply::error(Code::unavailable, "no_catalogue",
                             "plugin openapi is not granted `catalog`: grant it in the system manifest");
    sources.routes = routes->root();
    if (auto done = co_await gather(request, sources, "forms"); !done) co_return std::move(done).error();
    if (auto done = co_await gather(request, sources, "rules"); !done) co_return std::move(done).error();
    const auto text = document_of(sources);
    co_return Reply::json(text).with_etag(etag_of(text)).with_cache_control("private, no-cache");
  }

 private:
  Task<Status> gather(Request request, Sources& sources, std::string kind) {
    const socle::Meta which{{"kind", kind}};
    const Reply listed = co_await host_.call(request, list_, Payload::make({}, Media::none, which));
    if (!listed) co_return Status{};  // without models there are none
    const auto lines = json::Document::parse(listed.text());
    if (!lines) co_return Error{Code::internal, "models/1 answered no JSON"};
    const std::string only(request.param("forms"));
    auto& out = kind == "forms" ? sources.forms : sources.rulesets;
    for (const auto line : lines->root().find("items").elements()) {
      const std::string name(line.find("name").as_string());
      if (!line.find("version").exists() || line.find("retired").as_bool()) continue;
      if (kind == "forms" && !only.empty() && !named(only, name)) continue;
      if (out.size() == most_) {
        sources.complete = false;
        break;
      }
      Model model;
      model.name = name;
      bool found = false;
      if (kind == "forms")
        found = co_await read_form(request, model);
      else
        found = co_await read_ruleset(request, model);
      if (found) out.push_back(std::move(model));
      if (auto paused = co_await host_.pause(); !paused) co_return std::move(paused).error();
    }
    co_return Status{};
  }

  Task<bool> read_form(Request request, Model& out) {
    const socle::Meta which{{"form", out.name}};
    const Reply reply = co_await host_.call(request, get_, Payload::make({}, Media::none, which));
    if (!reply) co_return false;
    const auto form = json::Document::parse(reply.text());
    if (!form) co_return false;
    out.title = title_of(form->root().find("title"));
    out.version = form->root().find("version").as_string();
    out.unique = form->root().find("unique").size() > 0;
    const auto schema = form->root().find("schema");
    out.schema = schema_at(schema, "#/components/schemas/" + component_of_form(out.name));
    const auto sample = sample_of(schema);
    const Reply tried = co_await host_.call(request, validate_, Payload::json(sample, which));
    const auto verdict = json::Document::parse(tried ? tried.text() : std::string_view("{}"));
    if (verdict && verdict->root().find("valid").as_bool()) out.example = sample;
    co_return true;
  }

  Task<bool> read_ruleset(Request request, Model& out) {
    const socle::Meta meta{{"kind", "rules"}, {"name", out.name}, {"source", "true"}};
    const Reply reply = co_await host_.call(request, resolve_, Payload::make({}, Media::none, meta));
    if (!reply) co_return false;
    const auto answer = json::Document::parse(reply.text());
    if (!answer) co_return false;
    const auto source = answer->root().find("source");
    out.title = title_of(source.find("title"));
    out.version = answer->root().find("version").as_string();
    const auto input = source.find("input");
    out.schema = input.is_object() ? schema_at(input, "#/components/schemas/" + component_of_ruleset(out.name)) : "{}";
    // Its own tests are run at every publish: their inputs are examples that work.
    if (const auto tested = source.find("tests").at(0).find("input"); tested.exists())
      out.example = "{\"input\":" + json::to_text(tested) + "}";
    co_return true;
  }

  Host& host_;
  const std::size_t most_;
  Target list_, resolve_, get_, validate_;
};

}  // namespace socle::openapi

using socle::openapi::OpenApi;
SOCLE_PLUGIN(OpenApi, socle::service("openapi", 1).method("describe", &OpenApi::describe))

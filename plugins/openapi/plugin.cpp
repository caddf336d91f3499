// plugin.cpp: openapi/1: gathers what is served now (the kernel's routes, the tenant's forms and rulesets) and writes
// the document. Nothing is kept: what was published a moment ago is in it. Examples are tried on the form before they
// are shown. What cannot be asked for a moment is an error, never left out: who generates a client from the document
// would lose it.
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

// A ruleset's own tests are run at every publish: what they give an output for is an example that works, unless they
// say who asks, and when.
json::View tested_input(json::View tests) {
  for (const auto test : tests.elements()) {
    bool by_anybody = true;
    for (const auto* fact : {"error", "now", "user", "tenant", "env"})
      by_anybody = by_anybody && !test.find(fact).exists();
    if (by_anybody && test.find("input").exists()) return test.find("input");
  }
  return {};
}

// Asked again, or of a tenant with more memory, it may be there. A service that nobody provides is left out for good.
bool is_passing(const Reply& refused) {
  if (refused.error_code() == "no_provider") return false;
  const auto code = refused.code();
  return code == Code::unavailable || code == Code::exhausted || code == Code::too_large || code == Code::deadline ||
         code == Code::cancelled;
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
    if (!listed && is_passing(listed)) co_return listed.error();
    if (!listed) co_return Status{};  // without models there are none
    const auto lines = json::Document::parse(listed.text());
    if (!lines) co_return Error{Code::internal, "models/1 answered no JSON"};
    if (const auto all = lines->root().find("complete"); all.is_boolean() && !all.as_bool()) sources.complete = false;
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
      Result<bool> found = false;
      if (kind == "forms")
        found = co_await read_form(request, model);
      else
        found = co_await read_ruleset(request, model);
      if (!found) co_return std::move(found).error();
      if (*found) out.push_back(std::move(model));
      if (auto paused = co_await host_.pause(); !paused) co_return std::move(paused).error();
    }
    co_return Status{};
  }

  // False: it is there no more, or cannot be served; the document is true without it.
  Task<Result<bool>> read_form(Request request, Model& out) {
    const socle::Meta which{{"form", out.name}};
    const Reply reply = co_await host_.call(request, get_, Payload::make({}, Media::none, which));
    if (!reply && is_passing(reply)) co_return reply.error();
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

  Task<Result<bool>> read_ruleset(Request request, Model& out) {
    const socle::Meta meta{{"kind", "rules"}, {"name", out.name}, {"source", "true"}};
    const Reply reply = co_await host_.call(request, resolve_, Payload::make({}, Media::none, meta));
    if (!reply && is_passing(reply)) co_return reply.error();
    if (!reply) co_return false;
    const auto answer = json::Document::parse(reply.text());
    if (!answer) co_return false;
    const auto source = answer->root().find("source");
    out.title = title_of(source.find("title"));
    out.version = answer->root().find("version").as_string();
    const auto input = source.find("input");
    out.schema = input.is_object() ? schema_at(input, "#/components/schemas/" + component_of_ruleset(out.name)) : "{}";
    if (const auto tested = tested_input(source.find("tests")); tested.exists())
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

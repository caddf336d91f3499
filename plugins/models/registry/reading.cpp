#include "registry/reading.hpp"

#include <algorithm>
#include <map>

namespace socle::models {
namespace {

constexpr std::uint32_t most_listed = 1'000;
constexpr std::uint32_t export_page = 4;  // models of 256 KiB, text and escapes

bool wants_yaml(Request request) { return request.header("accept").find("yaml") != std::string_view::npos; }

// The text as its author wrote it.
Reply raw(json::View document) {
  const bool is_json = document.find("media").as_string() == "json";
  return Reply::other(is_json ? "application/json" : "application/yaml", document.find("text").as_string());
}

Store::Query of(std::string_view what, const std::string& kind) {
  return {std::string(what) + kind, kind.empty(), false, most_listed};
}

// What a list says of one model.
struct Line {
  std::optional<Head> head;
  bool draft = false;
};

void add_lines(std::map<std::string, Line>& lines, const Store::Page& page) {
  for (const json::View item : page.items().elements()) {
    const json::View document = item.find("doc");
    if (document.find("of").as_string().starts_with("head:")) {
      lines[std::string(item.find("id").as_string())].head = read_head(document);
    } else {
      lines[model_key(document.find("kind").as_string(), document.find("name").as_string())].draft = true;
    }
  }
}

void copy(json::Writer& out, json::View document, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys)
    if (const json::View value = document.find(key); value.exists()) out.member(key, value);
}

}  // namespace

Task<Reply> Reading::list(Request request) {
  auto arguments = Arguments::of(request);
  if (!arguments) co_return std::move(arguments).problem();
  const std::string kind = arguments->text("kind");
  if (!kind.empty()) {
    if (auto known = arguments->kind(); !known) co_return std::move(known).problem();
  }
  std::map<std::string, Line> lines;
  bool complete = true;
  Store::Query queries[] = {of("head:", kind), of("draft:", kind)};
  for (Store::Query& query : queries) {
    for (;;) {  // a page of storage ends at 8 MiB, before its limit
      auto page = co_await store_.list(request, query);
      if (!page) co_return std::move(page).problem();
      add_lines(lines, *page);
      const auto listed = static_cast<std::uint32_t>(page->items().size());
      query.limit -= std::min(listed, query.limit);
      query.cursor = page->next();
      if (query.cursor.empty() || query.limit == 0 || listed == 0) break;
    }
    complete = complete && query.cursor.empty();
  }
  std::string text;
  json::Writer out(text);
  out.begin_object().key("items").begin_array();
  for (const auto& [key, line] : lines) {
    const std::size_t slash = key.find('/');
    out.begin_object().member("kind", key.substr(0, slash)).member("name", key.substr(slash + 1));
    if (const VersionFacts* facts = line.head ? line.head->serving_version() : nullptr)
      out.member("version", facts->version).member("hash", facts->hash).member("at", facts->at).member("by", facts->by);
    if (line.head && line.head->retired()) out.member("retired", true);
    if (line.head && line.head->canary) out.member("canary", line.head->canary->version);
    if (line.head && line.head->building) out.member("building", line.head->building->version);
    out.member("draft", line.draft).end_object();
  }
  out.end_array().member("complete", complete).end_object();
  co_return Reply::json(text);
}

Task<Got<Stored>> Reading::version_named(Context context, const Arguments::Model& model, std::string version) {
  auto found = co_await store_.get(context, ids(model.key()));
  if (!found) co_return std::move(found).problem();
  if (!found->at(0).exists()) co_return unknown_model(model);
  const Head head = read_head(found->at(0).doc());
  std::string exact = version.empty() ? head.active : version;
  if (const auto selector = parse_selector(exact); selector && !version.empty()) {
    if (const VersionFacts* facts = head.newest(*selector)) exact = facts->version;
  }
  if (exact.empty()) co_return unknown_model(model);
  auto stored = co_await store_.get(context, ids(version_id(model.key(), exact)));
  if (!stored) co_return std::move(stored).problem();
  if (!stored->at(0).exists()) co_return unknown_version(model, version);
  co_return std::move(stored->at(0));
}

Task<Reply> Reading::get_draft(Request request, const Arguments::Model& model) {
  auto found = co_await store_.get(request, ids(draft_id(model.key())));
  if (!found) co_return std::move(found).problem();
  if (!found->at(0).exists())
    co_return Reply::error(Code::not_found, "no_draft", "model " + model.key() + " has no draft");
  const json::View doc = found->at(0).doc();
  const std::string etag = "\"" + std::to_string(found->at(0).revision) + "\"";
  if (wants_yaml(request)) co_return raw(doc).with_etag(etag);
  std::string text;
  json::Writer out(text);
  out.begin_object().member("kind", model.kind->name).member("name", model.name).member("version", "draft");
  copy(out, doc, {"hash", "at", "by", "media", "text", "source", "diagnostics"});
  out.end_object();
  co_return Reply::json(text).with_etag(etag);
}

Task<Reply> Reading::get(Request request) {
  auto arguments = Arguments::of(request);
  if (!arguments) co_return std::move(arguments).problem();
  auto model = arguments->model();
  if (!model) co_return std::move(model).problem();
  const std::string version = arguments->text("version");
  if (version == "draft") co_return co_await get_draft(request, *model);
  auto stored = co_await version_named(request, *model, version);
  if (!stored) co_return std::move(stored).problem();
  const json::View doc = stored->doc();
  const std::string etag = "\"" + std::string(doc.find("hash").as_string().substr(0, 32)) + "\"";
  if (wants_yaml(request)) co_return raw(doc).with_etag(etag);
  std::string text;
  json::Writer out(text);
  out.begin_object();
  copy(out, doc,
       {"kind", "name", "version", "hash", "at", "by", "compatibility", "signature", "media", "text", "source"});
  out.end_object();
  co_return Reply::json(text).with_etag(etag);
}

Task<Reply> Reading::versions(Request request) {
  auto arguments = Arguments::of(request);
  if (!arguments) co_return std::move(arguments).problem();
  auto model = arguments->model();
  if (!model) co_return std::move(model).problem();
  auto found = co_await store_.get(request, ids(model->key()));
  if (!found) co_return std::move(found).problem();
  if (!found->at(0).exists()) co_return unknown_model(*model);
  const Head head = read_head(found->at(0).doc());
  std::string text;
  json::Writer out(text);
  out.begin_object().member("kind", head.kind).member("name", head.name).member("active", head.active);
  if (head.canary) {
    out.key("canary").begin_object().member("version", head.canary->version);
    out.member("weight", static_cast<double>(head.canary->weight) / 100).member("until_ms", head.canary->until_ms);
    out.end_object();
  }
  out.key("items").begin_array();
  for (auto facts = head.versions.rbegin(); facts != head.versions.rend(); ++facts) write_facts(out, head, *facts);
  out.end_array().end_object();
  co_return Reply::json(text);
}

Task<Reply> Reading::history(Request request) {
  auto arguments = Arguments::of(request);
  if (!arguments) co_return std::move(arguments).problem();
  auto model = arguments->model();
  if (!model) co_return std::move(model).problem();
  const auto limit = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(arguments->number("limit", 50), 1, 200));
  const Store::Query query{"history:" + model->key(), false, true, limit, arguments->text("cursor")};
  auto page = co_await store_.list(request, query);
  if (!page) co_return std::move(page).problem();
  if (page->items().empty()) {  // behind the last entry, or there never was one
    auto found = co_await store_.get(request, ids(model->key()));
    if (!found) co_return std::move(found).problem();
    if (!found->at(0).exists()) co_return unknown_model(*model);
  }
  std::string text;
  json::Writer out(text);
  out.begin_object().member("kind", model->kind->name).member("name", model->name).key("items").begin_array();
  for (const json::View item : page->items().elements()) {
    out.begin_object();
    copy(out, item.find("doc"), {"event", "action", "version", "from", "hash", "by", "at", "reason"});
    out.end_object();
  }
  out.end_array();
  if (!page->next().empty()) out.member("next", page->next());
  out.end_object();
  co_return Reply::json(text);
}

Task<Reply> Reading::diff(Request request) {
  auto arguments = Arguments::of(request);
  if (!arguments) co_return std::move(arguments).problem();
  auto model = arguments->model();
  if (!model) co_return std::move(model).problem();
  auto from = co_await version_named(request, *model, arguments->text("from"));
  if (!from) co_return std::move(from).problem();
  Got<Stored> to = Stored{};
  const bool draft = arguments->text("to") == "draft";
  if (draft) {
    auto found = co_await store_.get(request, ids(draft_id(model->key())));
    if (!found) co_return std::move(found).problem();
    if (!found->at(0).exists())
      co_return Reply::error(Code::not_found, "no_draft", "model " + model->key() + " has no draft");
    to = std::move(found->at(0));
  } else {
    to = co_await version_named(request, *model, arguments->text("to"));
    if (!to) co_return std::move(to).problem();
  }
  auto text = co_await host_.offload([&] {
    std::string made;
    json::Writer out(made);
    out.begin_object().member("from", from->doc().find("version"));
    out.key("to");
    if (draft) {
      out.string("draft");
    } else {
      out.value(to->doc().find("version"));
    }
    const json::Document patch = json::diff(from->doc().find("source"), to->doc().find("source"));
    out.member("patch", patch.root()).end_object();
    return made;
  });
  if (!text) co_return Reply(text.error());
  co_return Reply::json(*text);
}

Task<Reply> Reading::export_models(Request request) {
  auto arguments = Arguments::of(request);
  if (!arguments) co_return std::move(arguments).problem();
  const Store::Query query{"head:", true, false, export_page, arguments->text("cursor")};
  auto heads = co_await store_.list(request, query);
  if (!heads) co_return std::move(heads).problem();
  std::string text;
  json::Writer out(text);
  out.begin_object().key("items").begin_array();
  for (const json::View item : heads->items().elements()) {
    const Head head = read_head(item.find("doc"));
    if (head.active.empty()) continue;
    auto stored = co_await store_.get(request, ids(version_id(model_key(head.kind, head.name), head.active)));
    if (!stored) co_return std::move(stored).problem();
    out.begin_object();
    copy(out, stored->at(0).doc(), {"kind", "name", "version", "hash", "media", "text", "signature"});
    out.end_object();
  }
  out.end_array();
  if (!heads->next().empty()) out.member("next", heads->next());
  out.end_object();
  co_return Reply::json(text);
}

}  // namespace socle::models

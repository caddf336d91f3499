#include "registry/importer.hpp"

#include "registry/quota.hpp"
#include "version/signature.hpp"

namespace socle::models {
namespace {

constexpr std::size_t most_items = 64;

Got<PreparedPtr> item_of(json::View item, const std::string& version) {
  const std::string kind(item.find("kind").as_string()), name(item.find("name").as_string());
  const Kind* found = find_kind(kind);
  if (found == nullptr) return Reply::error(Code::invalid, "unknown_kind", "there is no kind of models '" + kind + "'");
  if (!is_model_name(name)) return Reply::error(Code::invalid, "bad_name", "'" + name + "' is no name of a model");
  auto out = std::make_shared<Prepared>();
  out->candidate.model = {found, name};
  out->candidate.text = item.find("text").as_string();
  out->candidate.media = item.find("media").as_string() == "json" ? Media::json : Media::yaml;
  out->order.version = item.find("version").exists() ? std::string(item.find("version").as_string()) : version;
  out->order.key = item.find("key").as_string();
  out->order.signature = item.find("signature").as_string();
  return out;
}

std::string_view action_of(const Prepared& p) {
  return p.unchanged ? "same" : p.head.active.empty() ? "create" : "change";
}

void write_refusal(json::Writer& out, json::View item, const Reply& problem) {
  out.begin_object().member("kind", item.find("kind").as_string()).member("name", item.find("name").as_string());
  out.member("action", "refused").member("code", problem.error_code()).member("message", problem.message());
  if (const auto errors = json::Document::parse(problem.text()); errors && errors->root().is_array())
    out.member("errors", errors->root());
  out.end_object();
}

void write_prepared(json::Writer& out, const Prepared& p) {
  out.begin_object().member("kind", p.candidate.model.kind->name).member("name", p.candidate.model.name);
  out.member("action", action_of(p)).member("version", to_string(p.number)).member("hash", p.compiled->hash);
  if (!p.head.active.empty()) out.member("from", p.head.active);
  out.member("level", to_string(p.decision.level)).member("relation", p.decision.relation).key("diagnostics");
  write_diagnostics(out, p.compiled->diagnostics);
  out.end_object();
}

}  // namespace

Task<Reply> Importer::import_models(Request request) {
  auto arguments = Arguments::of(request);
  if (!arguments) co_return std::move(arguments).problem();
  const json::View items = arguments->member("items");
  if (!items.is_array() || items.size() > most_items)
    co_return Reply::error(Code::invalid, "bad_request", "\"items\" is an array of at most 64 models");
  const bool dry = arguments->flag("dry_run");
  const std::string version = arguments->text("version");
  std::vector<PreparedPtr> prepared;
  std::string text;
  json::Writer out(text);
  out.begin_object().key("items").begin_array();
  bool refused = false;
  std::size_t news = 0;
  for (const json::View item : items.elements()) {
    auto made = item_of(item, version);
    Reply problem;
    if (made) {
      (*made)->order.plan = dry;
      auto ready = co_await publisher_.prepare(request, *made);
      if (!ready) problem = std::move(ready).problem();
    } else {
      problem = made.problem();
    }
    if (!problem.ok()) {
      refused = true;
      write_refusal(out, item, problem);
      continue;
    }
    news += (*made)->revision == 0 && (*made)->draft_revision == 0 ? 1 : 0;
    (*made)->draft_revision = 0;  // somebody's draft is not this import's business
    write_prepared(out, **made);
    prepared.push_back(std::move(*made));
  }
  if (!dry && !refused) {
    auto room = co_await room_for_models(host_, store_, request, news);
    if (!room) co_return std::move(room).problem();
  }
  std::size_t applied = 0;
  Reply failure;
  for (const PreparedPtr& one : prepared) {
    if (dry || refused || !failure.ok()) break;
    failure = co_await publisher_.commit(request, one);
    applied += failure.ok() ? 1 : 0;
  }
  out.end_array().member("refused", refused).member("applied", applied);
  if (!failure.ok()) out.member("stopped_by", failure.message());
  out.end_object();
  co_return Reply::json(text);
}

Task<Reply> Importer::trust(Request request) {
  auto arguments = Arguments::of(request);
  if (!arguments) co_return std::move(arguments).problem();
  const json::View keys = arguments->member("keys");
  if (!keys.is_array() || keys.size() > most_items)
    co_return Reply::error(Code::invalid, "bad_request", "\"keys\" is an array of at most 64 Ed25519 public keys");
  std::string text;
  json::Writer out(text);
  out.begin_object().member("of", "keys").key("keys").begin_array();
  for (const json::View key : keys.elements()) {
    if (const auto bytes = key_bytes(key.as_string(), 32); !bytes)
      co_return Reply::error(Code::invalid, "bad_key", bytes.error().message);
    out.string(key.as_string());
  }
  out.end_array().end_object();
  Batch batch;
  auto written = co_await store_.write(request, batch.put_any(keys_id, text).take());
  if (!written) co_return std::move(written).problem();
  co_return Reply::json(text);
}

}  // namespace socle::models

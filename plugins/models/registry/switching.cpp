// switching.cpp: changes between versions that exist: rollback, the end of a canary, the end of building, migration.
#include <algorithm>

#include "registry/orders.hpp"
#include "registry/publisher.hpp"
#include "version/signature.hpp"

namespace socle::models {
namespace {

constexpr Duration patience = std::chrono::seconds(3);
constexpr Duration soon_served = std::chrono::milliseconds(10);  // the histogram's edges double and have no such one

std::string switched_text(const Head& head, std::string_view version, std::string_view state, std::string_view plan) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("kind", head.kind).member("name", head.name).member("version", version);
  if (const VersionFacts* facts = head.find(version))
    out.member("hash", facts->hash).member("compatibility", facts->promise);
  out.member("state", state);
  if (const auto steps = json::Document::parse(plan)) out.member("storage_plan", steps->root());
  out.end_object();
  return text;
}

Status signed_by(const std::vector<std::string>& keys, json::View version, const std::string& model) {
  if (keys.empty()) return {};
  const json::View signature = version.find("signature");
  return check_signature(keys, signature.find("key").as_string(), signature.find("value").as_string(), model,
                         version.find("hash").as_string());
}

Reply nothing_to_roll_back(const Head& head) {
  return refusal(Code::conflict, 409, "no_previous",
                 "version " + head.active + " has no version before it; name one: {\"version\": \"1.0.0\"}");
}

}  // namespace

Task<Got<bool>> Publisher::replace_head(Context context, Batch& batch, Head& head, std::uint64_t revision,
                                        const HistoryEntry& entry) {
  Store::add_history(batch, head, entry);
  std::string text;
  json::Writer out(text);
  write(out, head);
  const std::string key = model_key(head.kind, head.name);
  batch.put(key, revision, text);
  batch.note("models." + entry.action, "models/" + key);
  if (auto fault = host_.fault_point("models.before_write"); !fault) co_return Reply(fault.error());
  auto written = co_await store_.write(context, batch.take());
  if (!written) co_return std::move(written).problem();
  if (auto fault = host_.fault_point("models.before_switch"); !fault) co_return Reply(fault.error());
  const Instant stored = host_.now();
  const Status switched = co_await runtime_.announce(std::string(context.tenant()), head, written->back());
  const Duration took = host_.now() - stored;
  switch_seconds_.observe(std::chrono::duration<double>(took).count());
  if (took > soon_served) late_switches_.add();
  if (switched) co_return true;
  host_.log(socle::Level::error, context, "a worker did not confirm a switch",
            {{"model", key}, {"error", switched.error().message}});
  co_return Reply::error(Code::unavailable, "switch_unconfirmed",
                         "the change is stored, but not every worker has confirmed it: " + switched.error().message +
                             "; repeat the request to see what is served");
}

Task<Reply> Publisher::rollback(Request request) {
  auto arguments = Arguments::of(request);
  if (!arguments) co_return std::move(arguments).problem();
  auto model = arguments->model();
  if (!model) co_return std::move(model).problem();
  auto allowed = co_await allowed_.change(request, *model->kind);
  if (!allowed) co_return std::move(allowed).problem();
  auto loaded = co_await load(request, *model);
  if (!loaded) co_return std::move(loaded).problem();
  Head& head = loaded->head;
  const std::string wanted = arguments->text("version"), now = utc_now(), by(request.principal());
  const std::string from = head.canary ? head.canary->version : head.building ? head.building->version : head.active;
  if (loaded->revision == 0) co_return unknown_model(*model);
  HistoryEntry entry{"rollback", {}, from, {}, by, now, arguments->text("reason")};
  Batch batch;
  // Something unfinished is what is taken back, unless a version is named.
  const bool unfinished = (head.canary || head.building) && wanted.empty();
  std::string target = unfinished ? head.active : wanted.empty() ? head.previous : wanted;
  if (!wanted.empty()) {
    const auto selector = parse_selector(wanted);
    const VersionFacts* facts = selector ? head.newest(*selector) : nullptr;
    if (facts == nullptr) co_return unknown_version(*model, wanted);
    target = facts->version;
  }
  head.canary.reset();
  head.building.reset();
  if (target.empty() && !unfinished) co_return nothing_to_roll_back(head);
  std::string plan = "[]", state = "active";
  if (target != head.active && !target.empty()) {
    auto documents =
        co_await store_.get(request, ids(version_id(model->key(), target), version_id(model->key(), head.active)));
    if (!documents) co_return std::move(documents).problem();
    if (!documents->at(0).exists()) co_return unknown_version(*model, target);
    // What the tenant trusts today counts, not what it trusted when that version was published.
    if (auto status = signed_by(loaded->keys, documents->at(0).doc(), model->key()); !status)
      co_return refusal(status.error().code, 403, "bad_signature",
                        "version " + target + " cannot be served again: " + status.error().message);
    const json::View needed = documents->at(0).doc().find("collections");
    auto grown = co_await indexes_.grow(request, documents->at(1).doc().find("collections"), needed, patience);
    if (!grown) co_return std::move(grown).problem();
    if (grown->readiness == Readiness::failed)
      co_return refusal(Code::conflict, 409, "index_conflict", "records stand in the way of an index of that version",
                        grown->failures);
    plan = grown->plan;
    entry.hash = documents->at(0).doc().find("hash").as_string();
    if (grown->readiness == Readiness::building) {
      state = "building";
      head.building = BuildingFacts{target, entry.hash, by};
    } else {
      activate(head, target, needed.size() > 0);
    }
  } else if (!unfinished && from == target) {
    co_return Reply::json(switched_text(head, target, state, plan));  // it is served already
  }
  entry.version = target;
  if (from != target && !head.building) withdraw(head, from);
  auto replaced = co_await replace_head(request, batch, head, loaded->revision, entry);
  if (!replaced) co_return std::move(replaced).problem();
  co_return Reply::json(switched_text(head, target, state, plan));
}

Task<Reply> Publisher::retire(Request request) {
  auto arguments = Arguments::of(request);
  if (!arguments) co_return std::move(arguments).problem();
  auto model = arguments->model();
  if (!model) co_return std::move(model).problem();
  auto allowed = co_await allowed_.change(request, *model->kind);
  if (!allowed) co_return std::move(allowed).problem();
  auto loaded = co_await load(request, *model);
  if (!loaded) co_return std::move(loaded).problem();
  Head& head = loaded->head;
  if (loaded->revision == 0) co_return unknown_model(*model);
  const std::string from = head.active;
  if (from.empty()) co_return Reply::json(switched_text(head, head.previous, "retired", "[]"));
  HistoryEntry entry{"retire",
                     from,
                     from,
                     head.find(from)->hash,
                     std::string(request.principal()),
                     utc_now(),
                     arguments->text("reason")};
  if (head.canary) withdraw(head, head.canary->version);
  if (head.building) withdraw(head, head.building->version);
  head.canary.reset();
  head.building.reset();
  head.previous = from;
  head.active.clear();
  Batch batch;
  auto replaced = co_await replace_head(request, batch, head, loaded->revision, entry);
  if (!replaced) co_return std::move(replaced).problem();
  co_return Reply::json(switched_text(head, from, "retired", "[]"));
}

Task<Reply> Publisher::migrated(Request request) {
  auto arguments = Arguments::of(request);
  if (!arguments) co_return std::move(arguments).problem();
  auto model = arguments->model();
  if (!model) co_return std::move(model).problem();
  auto loaded = co_await load(request, *model);
  if (!loaded) co_return std::move(loaded).problem();
  Head& head = loaded->head;
  const std::string version = arguments->text("version");
  VersionFacts* facts = head.find(version);
  if (facts == nullptr) co_return unknown_version(*model, version);
  if (!facts->serving) co_return Reply::json(switched_text(head, version, head.state_of(*facts), "[]"));
  facts->serving = false;
  Batch batch;
  HistoryEntry entry{
      "migrated", version, {}, {}, std::string(request.principal()), utc_now(), arguments->text("reason")};
  auto replaced = co_await replace_head(request, batch, head, loaded->revision, entry);
  if (!replaced) co_return std::move(replaced).problem();
  co_return Reply::json(switched_text(head, version, "old", "[]"));
}

Task<Got<bool>> Publisher::end_canary(Context context, const Arguments::Model& model, std::string version, bool promote,
                                      std::string reason) {
  auto loaded = co_await load(context, model);
  if (!loaded) co_return std::move(loaded).problem();
  Head& head = loaded->head;
  if (!head.canary || head.canary->version != version) co_return false;
  auto document = co_await store_.get(context, ids(version_id(model.key(), version)));
  if (!document) co_return std::move(document).problem();
  const std::string hash = head.canary->hash, from = head.active;
  head.canary.reset();
  if (promote) {
    activate(head, version, document->at(0).doc().find("collections").size() > 0);
  } else {
    withdraw(head, version);
  }
  Batch batch;
  HistoryEntry entry{promote ? "promote" : "revert",
                     version,
                     from,
                     hash,
                     std::string(context.principal()),
                     utc_now(),
                     std::move(reason)};
  auto replaced = co_await replace_head(context, batch, head, loaded->revision, entry);
  if (!replaced && replaced.problem().error_code() == "changed_meanwhile") co_return false;
  co_return replaced;
}

Task<Got<bool>> Publisher::end_building(Context context, const Arguments::Model& model) {
  auto loaded = co_await load(context, model);
  if (!loaded) co_return std::move(loaded).problem();
  Head& head = loaded->head;
  if (!head.building) co_return false;
  const BuildingFacts building = *head.building;
  auto documents = co_await store_.get(context, ids(version_id(model.key(), building.version)));
  if (!documents) co_return std::move(documents).problem();
  const json::View needed = documents->at(0).doc().find("collections");
  auto grown = co_await indexes_.check(context, needed);
  if (!grown) co_return std::move(grown).problem();
  if (grown->readiness == Readiness::building) co_return true;
  const bool ready = grown->readiness == Readiness::ready;
  HistoryEntry entry{
      ready ? "publish" : "build_failed",     building.version, head.active, building.hash, building.by, utc_now(),
      ready ? std::string() : grown->failures};
  head.building.reset();
  if (ready) {
    activate(head, building.version, true);
  } else {
    withdraw(head, building.version);
  }
  Batch batch;
  auto replaced = co_await replace_head(context, batch, head, loaded->revision, entry);
  if (!replaced && replaced.problem().error_code() != "changed_meanwhile") co_return std::move(replaced).problem();
  co_return false;
}

}  // namespace socle::models

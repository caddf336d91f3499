// publisher.cpp: from a text to a version that is served. Changes of versions that exist: switching.cpp.
#include "registry/publisher.hpp"

#include <algorithm>

#include "registry/orders.hpp"
#include "version/signature.hpp"

namespace socle::models {
namespace {

constexpr Duration patience = std::chrono::seconds(3);  // for indexes, before the answer says `building`

std::string version_document(const Prepared& p, const VersionFacts& facts) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("of", "version:" + p.candidate.model.key());
  out.member("kind", p.candidate.model.kind->name).member("name", p.candidate.model.name);
  out.member("version", facts.version).member("hash", facts.hash).member("at", facts.at).member("by", facts.by);
  out.member("media", to_string(p.candidate.media)).member("text", p.candidate.text);
  out.member("source", p.compiled->served());
  out.member("compatibility", to_string(p.compiled->promise));
  if (p.compiled->schema().exists()) out.member("schema", p.compiled->schema());
  if (p.compiled->collections().is_array()) out.member("collections", p.compiled->collections());
  if (!p.order.signature.empty())
    out.key("signature").begin_object().member("key", p.order.key).member("value", p.order.signature).end_object();
  out.end_object();
  return text;
}

Reply incompatible(const Prepared& p) {
  std::string fields;
  json::Writer out(fields);
  out.begin_array();
  for (const std::string& line : p.decision.broken)
    out.begin_object()
        .member("pointer", "/compatibility")
        .member("code", "incompatible")
        .member("message", line)
        .end_object();
  out.end_array();
  return refusal(Code::conflict, 409, "incompatible",
                 "the change breaks the promise " + to_string(p.compiled->promise) +
                     "; keep the promise, or publish it as a new major version (version: \"major\")",
                 fields);
}

Reply busy(const Head& head) {
  if (head.canary)
    return refusal(Code::conflict, 409, "canary_running",
                   "version " + head.canary->version + " is a canary; wait for its end, or roll it back first");
  return refusal(Code::conflict, 409, "building",
                 "version " + head.building->version + " waits for its indexes; roll it back to publish another");
}

VersionFacts facts_of(const Prepared& p, std::string at, std::string_view by) {
  return {to_string(p.number),
          p.compiled->hash,
          std::move(at),
          std::string(by),
          std::string(to_string(p.decision.level)),
          p.decision.relation,
          to_string(p.compiled->promise)};
}

}  // namespace

Reply invalid_model(const std::vector<Diagnostic>& diagnostics) {
  std::size_t errors = 0;
  for (const Diagnostic& d : diagnostics) errors += d.error ? 1 : 0;
  const bool tests = std::any_of(diagnostics.begin(), diagnostics.end(),
                                 [](const Diagnostic& d) { return d.error && d.code == "test_failed"; });
  return refusal(Code::invalid, 422, "invalid_model",
                 "the model has " + std::to_string(errors) + (errors == 1 ? " error" : " errors") +
                     (tests ? ", failing tests among them" : ""),
                 diagnostics_text(diagnostics, true));
}

std::string published_text(const Prepared& p, std::string_view state, std::string_view plan) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("kind", p.candidate.model.kind->name).member("name", p.candidate.model.name);
  out.member("version", to_string(p.number)).member("hash", p.compiled->hash).member("state", state);
  out.member("unchanged", p.unchanged).member("level", to_string(p.decision.level));
  out.member("relation", p.decision.relation).member("compatibility", to_string(p.compiled->promise));
  if (!p.head.active.empty()) out.member("from", p.head.active);
  if (const auto steps = json::Document::parse(plan)) out.member("storage_plan", steps->root());
  out.key("diagnostics");
  write_diagnostics(out, p.compiled->diagnostics);
  out.end_object();
  return text;
}

Task<Got<Publisher::Loaded>> Publisher::load(Context context, const Arguments::Model& model) {
  const std::string key = model.key();
  auto found = co_await store_.get(context, ids(key, draft_id(key), std::string(keys_id)));
  if (!found) co_return std::move(found).problem();
  Loaded out;
  out.head = read_head(found->at(0).doc());
  out.revision = found->at(0).revision;
  out.head.kind = model.kind->name;
  out.head.name = model.name;
  for (const json::View k : found->at(2).doc().find("keys").elements()) out.keys.emplace_back(k.as_string());
  out.draft = std::move(found->at(1));
  co_return out;
}

Task<Reply> Publisher::publish(Request request) {
  auto arguments = Arguments::of(request);
  if (!arguments) co_return std::move(arguments).problem();
  auto model = arguments->model();
  if (!model) co_return std::move(model).problem();
  auto order = order_of(*arguments);
  if (!order) co_return std::move(order).problem();
  const std::string key = model->key();
  auto found = co_await store_.get(request, ids(draft_id(key)));
  if (!found) co_return std::move(found).problem();
  const Stored& draft = found->at(0);
  if (!draft.exists())
    co_return refusal(Code::conflict, 409, "no_draft", "model " + key + " has no draft to publish; PUT one first");
  const auto prepared = std::make_shared<Prepared>();
  prepared->candidate.model = *model;
  prepared->candidate.text = draft.doc().find("text").as_string();
  prepared->candidate.media = draft.doc().find("media").as_string() == "json" ? Media::json : Media::yaml;
  prepared->order = std::move(*order);
  auto ready = co_await prepare(request, prepared);
  if (!ready) co_return std::move(ready).problem();
  if (prepared->draft_revision != draft.revision)
    co_return refusal(Code::conflict, 409, "changed_meanwhile",
                      "the draft was changed at the same time; publish again");
  co_return co_await commit(request, prepared);
}

Task<Got<bool>> Publisher::prepare(Request request, PreparedPtr prepared) {
  auto allowed = co_await allowed_.change(request, *prepared->candidate.model.kind);
  if (!allowed) co_return std::move(allowed).problem();
  auto loaded = co_await load(request, prepared->candidate.model);
  if (!loaded) co_return std::move(loaded).problem();
  prepared->head = std::move(loaded->head);
  prepared->revision = loaded->revision;
  prepared->draft_revision = loaded->draft.revision;
  const Head& head = prepared->head;
  const std::string key = prepared->candidate.model.key();
  std::string previous;
  if (!head.baseline().empty()) {
    auto active = co_await store_.get(request, ids(version_id(key, head.baseline())));
    if (!active) co_return std::move(active).problem();
    previous = json::to_text(active->at(0).doc().find("source"));
    prepared->earlier = std::move(*active);
  }
  const Candidate& what = prepared->candidate;
  const JobPtr job =
      std::make_shared<Job>(Job{what.model.kind, what.model.name, what.text, what.media, true, std::move(previous)});
  auto compiled = co_await compiler_.compile(request, job);
  if (!compiled) co_return std::move(compiled).problem();
  prepared->compiled = std::move(*compiled);
  if (prepared->compiled->refused()) co_return invalid_model(prepared->compiled->diagnostics);
  const bool to_be_signed = prepared->order.plan && prepared->order.signature.empty();
  const std::vector<std::string> trusted = to_be_signed ? std::vector<std::string>() : std::move(loaded->keys);
  if (auto status =
          check_signature(trusted, prepared->order.key, prepared->order.signature, key, prepared->compiled->hash);
      !status)
    co_return refusal(status.error().code, 403, "bad_signature", status.error().message);
  if (const VersionFacts* active = head.serving_version();
      active != nullptr && active->hash == prepared->compiled->hash) {
    prepared->unchanged = true;
    prepared->number = parse_version(active->version).value_or(Version{});
    prepared->decision.relation = "equal";
    co_return true;
  }
  if (head.canary || head.building) co_return busy(head);
  if (prepared->order.weight && head.active.empty())
    co_return refusal(Code::conflict, 409, "no_baseline",
                      "a canary is measured against an active version; there is none yet");
  auto decided = co_await decide_version(request, *prepared);
  if (!decided) co_return std::move(decided).problem();
  co_return true;
}

Task<Got<bool>> Publisher::decide_version(Context context, Prepared& p) {
  const auto active = parse_version(p.head.baseline());
  const Promise promise = p.compiled->promise;
  if (promise.transitive && active) {
    std::vector<std::string> ids;
    for (const VersionFacts& facts : p.head.versions) {
      const auto number = parse_version(facts.version);
      if (number && number->major == active->major && facts.version != p.head.baseline())
        ids.push_back(version_id(p.candidate.model.key(), facts.version));
    }
    auto others = co_await store_.get(context, std::move(ids));
    if (!others) co_return std::move(others).problem();
    for (Stored& other : *others)
      if (other.exists()) p.earlier.push_back(std::move(other));
  }
  auto decided = co_await host_.offload([&p, promise]() -> Result<Decision> {
    std::vector<Earlier> earlier;
    for (const Stored& stored : p.earlier)
      earlier.push_back(
          {parse_version(stored.doc().find("version").as_string()).value_or(Version{}), stored.doc().find("schema")});
    return decide(promise, earlier, p.compiled->schema());
  });
  if (!decided) co_return Reply(decided.error());
  p.decision = std::move(*decided);
  if (!p.decision.broken.empty() && !asks_major(p.order.version, active)) co_return incompatible(p);
  auto numbered = number({active, p.head.numbers(), p.decision.level, p.order.version});
  if (!numbered) {
    const bool clash = numbered.error().code == Code::conflict;
    co_return refusal(numbered.error().code, clash ? 409 : 422, clash ? "version_taken" : "bad_version",
                      numbered.error().message);
  }
  p.number = *numbered;
  co_return true;
}

Task<Reply> Publisher::commit(Request request, PreparedPtr p) {
  const std::string key = p->candidate.model.key();
  if (p->unchanged) {
    Batch batch;
    if (p->draft_revision != 0) {
      auto removed = co_await store_.write(request, batch.remove(draft_id(key), p->draft_revision).take());
      if (!removed) co_return std::move(removed).problem();
    }
    co_return Reply::json(published_text(*p, "active", "[]"));
  }
  const json::View kept = p->earlier.empty() ? json::View() : p->earlier[0].doc().find("collections");
  auto grown = co_await indexes_.grow(request, kept, p->compiled->collections(), patience);
  if (!grown) co_return std::move(grown).problem();
  if (grown->readiness == Readiness::failed)
    co_return refusal(Code::conflict, 409, "index_conflict",
                      "records that exist stand in the way of a new index; correct them and publish again",
                      grown->failures);
  const bool building = grown->readiness == Readiness::building;
  const std::string now = utc_now(), by(request.principal());
  Head head = p->head;
  VersionFacts facts = facts_of(*p, now, by);
  HistoryEntry entry{"publish", facts.version, head.active, facts.hash, by, now, {}};
  Batch batch;
  batch.put(version_id(key, facts.version), 0, version_document(*p, facts));
  if (p->draft_revision != 0) batch.remove(draft_id(key), p->draft_revision);
  if (building) {
    entry.action = "build";
    head.building = BuildingFacts{facts.version, facts.hash, by};
  } else if (p->order.weight) {
    entry.action = "canary";
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(host_.now_utc()).count();
    const auto length = std::chrono::duration_cast<std::chrono::milliseconds>(p->order.watched).count();
    head.canary = CanaryFacts{facts.version, facts.hash, by, *p->order.weight, ms, ms + length};
  } else {
    activate(head, facts.version, p->compiled->collections().size() > 0);
  }
  head.add(std::move(facts));
  const bool has_old_major =
      std::any_of(head.versions.begin(), head.versions.end(), [](const auto& f) { return f.serving; });
  auto replaced = co_await replace_head(request, batch, head, p->revision, entry);
  if (!replaced) co_return std::move(replaced).problem();
  // What only the version before needed: not while somebody may still be served by it.
  if (!building && !head.canary && !has_old_major && kept.size() > 0) {
    if (auto settled = co_await indexes_.settle(request, p->compiled->collections()); !settled)
      host_.log(socle::Level::warn, request, "indexes of an earlier version are left",
                {{"error", settled.error().message}});
  }
  co_return Reply::json(published_text(*p, building ? "building" : head.canary ? "canary" : "active", grown->plan));
}

}  // namespace socle::models

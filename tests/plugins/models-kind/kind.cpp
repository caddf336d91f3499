// kind.cpp: a kind of models for tests of models/1, in the place of rules. A model's `steps` are instructions to it:
//   {diagnose: {pointer, offset?, message, severity?}}  compile finds this
//   {fail_tests: N}      its tests fail, in mode full
//   {collections: […]}   what storage must have
//   {canonical: {…}}     the canonical form
//   {schema: {…}}        decides the version instead of `input`
//   {slow: N}            evaluating takes N microseconds
//   {broken: true}       evaluating fails
// evaluate answers the `output` of the version that is served, and reports while a canary runs, as a kind should.
#include <mutex>
#include <socle/json.hpp>
#include <socle/plugin.hpp>
#include <unordered_map>

namespace json = socle::json;
using socle::Code;
using socle::Payload;
using socle::Reply;
using socle::Request;
using socle::Task;

namespace {

struct Artefact {
  std::string output;
  std::uint64_t slow_micros = 0;
  bool broken = false;
};
using ArtefactPtr = std::shared_ptr<const Artefact>;

ArtefactPtr artefact_of(json::View source) {
  auto out = std::make_shared<Artefact>();
  out->output = json::to_text(source.find("output"));
  if (out->output.empty()) out->output = "null";
  for (const json::View step : source.find("steps").elements()) {
    if (const auto slow = step.find("slow").as_uint64()) out->slow_micros = *slow;
    out->broken = out->broken || step.find("broken").as_bool();
  }
  return out;
}

}  // namespace

class Kind : public socle::Plugin {
 public:
  explicit Kind(socle::Host& host)
      : host_(host), resolve_(host.target("models/1", "resolve")), report_(host.target("models/1", "report")) {}

  Reply compile(Request request) {
    const auto question = json::Document::parse(request.text());
    if (!question) return Reply(question.error());
    const json::View source = question->root().find("source");
    const bool full = question->root().find("mode").as_string() == "full";
    std::string text;
    json::Writer out(text);
    out.begin_object().key("diagnostics").begin_array();
    std::uint64_t failing = 0;
    json::View collections, canonical, schema = source.find("input");
    for (const json::View step : source.find("steps").elements()) {
      if (const json::View found = step.find("diagnose"); found.exists()) {
        out.begin_object().member("code", "told");
        for (const auto& [key, value] : found.members()) out.member(key, value);
        out.end_object();
      }
      if (full) failing += step.find("fail_tests").as_uint64().value_or(0);
      if (step.find("collections").exists()) collections = step.find("collections");
      if (step.find("canonical").exists()) canonical = step.find("canonical");
      if (step.find("schema").exists()) schema = step.find("schema");
    }
    out.end_array();
    if (collections.exists()) out.member("collections", collections);
    if (canonical.exists()) out.member("canonical", canonical);
    if (schema.exists()) out.member("schema", schema);
    out.key("tests").begin_object().member("passed", 0).member("failed", failing).end_object();
    out.end_object();
    return Reply::json(text);
  }

  Task<Reply> evaluate(Request request) {
    const std::string name(request.param("ruleset"));
    const auto body = json::Document::parse(request.text().empty() ? std::string_view("{}") : request.text());
    if (!body) co_return Reply(body.error());
    const std::string user(body->root().find("user").as_string());
    const socle::Instant begun = host_.now();
    socle::Meta asked{{"kind", "rules"}, {"name", name}};
    if (!user.empty()) asked.set("lane", user);
    if (!request.param("version").empty()) asked.set("version", request.param("version"));
    Reply resolved = co_await host_.call(request, resolve_, Payload::make({}, socle::Media::none, asked));
    if (!resolved) co_return resolved;
    ArtefactPtr artefact = cached(resolved.meta("hash"));
    if (!artefact) {
      asked.set("source", "true");
      resolved = co_await host_.call(request, resolve_, Payload::make({}, socle::Media::none, asked));
      if (!resolved) co_return resolved;
      const auto parsed = json::Document::parse(resolved.text());
      if (!parsed) co_return Reply(parsed.error());
      artefact = keep(resolved.meta("hash"), artefact_of(parsed->root().find("source")));
    }
    while (artefact->slow_micros > 0 && host_.now() - begun < std::chrono::microseconds(artefact->slow_micros)) {}
    if (resolved.meta("canary") == "true") co_await report(request, name, resolved, artefact->broken, begun);
    if (artefact->broken) co_return Reply::error(Code::internal, "broken", "this version fails");
    std::string text;
    json::Writer out(text);
    const auto output = json::Document::parse(artefact->output);
    out.begin_object().member("output", output->root()).member("version", resolved.meta("version"));
    out.member("hash", resolved.meta("hash")).member("side", resolved.meta("state")).end_object();
    co_return Reply::json(text);
  }

 private:
  Task<Reply> report(Request request, std::string name, Reply resolved, bool error, socle::Instant begun) {
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(host_.now() - begun).count();
    const socle::Meta meta{{"kind", "rules"},
                           {"name", name},
                           {"version", resolved.meta("version")},
                           {"outcome", error ? "error" : "ok"},
                           {"micros", std::to_string(micros)}};
    co_return co_await host_.call(request, report_, Payload::make({}, socle::Media::none, meta));
  }
  ArtefactPtr cached(std::string_view hash) {
    const std::lock_guard lock(mutex_);
    const auto found = artefacts_.find(std::string(hash));
    return found == artefacts_.end() ? nullptr : found->second;
  }
  ArtefactPtr keep(std::string_view hash, ArtefactPtr artefact) {
    const std::lock_guard lock(mutex_);
    if (artefacts_.size() > 10'000) artefacts_.clear();
    return artefacts_[std::string(hash)] = std::move(artefact);
  }

  socle::Host& host_;
  socle::Target resolve_, report_;
  std::mutex mutex_;
  std::unordered_map<std::string, ArtefactPtr> artefacts_;
};

SOCLE_PLUGIN(Kind, socle::service("rules", 1).method("compile", &Kind::compile).method("evaluate", &Kind::evaluate))

#include "service/rulesets.hpp"

#include <utility>

#include "service/answers.hpp"
#include "socle/json/document.hpp"
#include "socle/json/writer.hpp"

namespace socle::rules {
namespace {

std::string called(const std::string& name, const std::string& version) {
  return "ruleset '" + name + (version.empty() ? "'" : "' " + version);
}

}  // namespace

Rulesets::Rulesets(Host& host)
    : host_(host),
      resolve_(host.target("models/1", "resolve")),
      report_(host.target("models/1", "report")),
      cache_(host, host.config().get<std::size_t>("cache", std::size_t{64} << 20)),
      fronts_(host.worker_count() + 1),
      compilations_(host.counter("rules_compilations_total", "Rulesets compiled for use.")) {}

detail::CallOperation Rulesets::ask(Request request, const std::string& name, const std::string& version, bool source) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("kind", "rules").member("name", std::string_view(name));
  if (!version.empty()) out.member("version", std::string_view(version));
  if (source) out.member("source", true);
  out.end_object();
  return host_.call(request, resolve_, Payload::json(text));
}

Task<Reply> Rulesets::source(Request request, std::string name, std::string version) {
  co_return co_await ask(request, name, version, true);
}

Task<Got> Rulesets::find(Request request, std::string name, std::string version) {
  if (const auto at = name.find('@'); at != std::string::npos) {
    version = name.substr(at + 1);
    name.resize(at);
  }
  Reply reply = co_await ask(request, name, version, false);
  if (!reply) co_return std::move(reply);
  auto answer = json::Document::parse(reply.text());
  if (!answer) co_return Reply::error(Code::internal, "internal", "models/1 answered no JSON");
  const std::string hash(answer->root().find("hash").as_string());
  Found found{known(hash), name, std::string(answer->root().find("version").as_string()),
              reply.meta("canary") == "true"};
  while (!found.ruleset) {
    Flights::Arrival arrival;
    if (flights_.lead(hash, arrival)) {
      Landing landing(flights_, hash);
      auto made = co_await make(request, found);
      if (auto* ready = std::get_if<Found>(&made)) landing.ruleset = ready->ruleset;
      co_return made;
    }
    found.ruleset = co_await arrival;
  }
  co_return found;
}

RulesetPtr Rulesets::known(const std::string& hash) {
  auto& front = fronts_[host_.worker()];
  if (auto ruleset = front.find(hash)) return ruleset;
  auto ruleset = cache_.find<Ruleset>(hash);
  if (ruleset) front.keep(hash, ruleset);
  return ruleset;
}

Task<Got> Rulesets::make(Request request, const Found& wanted) {
  Found found = wanted;
  // The very version that was resolved: what is published meanwhile is the next call's.
  Reply reply = co_await ask(request, found.name, found.version, true);
  if (!reply) co_return std::move(reply);
  const auto answer = json::Document::parse(reply.text());
  if (!answer) co_return Reply::error(Code::internal, "internal", "models/1 answered no JSON");
  const std::string hash(answer->root().find("hash").as_string());
  auto made = co_await compiled(answer->root().find("source"));
  if (std::holds_alternative<Reply>(made)) {
    if (found.canary) co_await report(request, found, true, Duration(0));
    co_return made;
  }
  RulesetPtr ruleset = std::get<Found>(std::move(made)).ruleset;
  const auto bytes = ruleset->bytes();
  // That it has no room is neither version's fault: no canary is told.
  auto kept = cache_.keep(request, hash, bytes, std::move(ruleset));
  if (!kept) co_return Reply(std::move(kept).error().context(called(found.name, found.version)));
  found.ruleset = *std::move(kept);
  fronts_[host_.worker()].keep(hash, found.ruleset);
  co_return found;
}

Task<Got> Rulesets::candidate(Request request, json::View source) {
  auto made = co_await compiled(source);
  if (std::holds_alternative<Reply>(made)) co_return made;
  Found found = std::get<Found>(std::move(made));
  const auto bytes = found.ruleset->bytes();
  RulesetPtr ruleset = std::move(found.ruleset);
  auto charged = cache_.charge(request, bytes, std::move(ruleset));
  if (!charged) co_return Reply(std::move(charged).error().context("the candidate"));
  found.ruleset = *std::move(charged);
  co_return found;
}

Status Rulesets::room_for(Context context, const std::string& name, std::size_t bytes) {
  const auto room = cache_.hold(context, bytes);
  return room ? Status() : Status(Error(room.error()).context(called(name, "")));
}

// Tests were run when it was published: here only the program is wanted.
Task<Got> Rulesets::compiled(json::View source) {
  compilations_.add();
  struct Made {
    RulesetPtr ruleset;
    Diagnostics diagnostics;
  };
  const auto work = [source] {
    Made made;
    // What was published is served, however little fuel the operator allows by now: an evaluation tells if it matters.
    cel::Limits limits;
    limits.fuel = UINT64_MAX;
    made.ruleset = Ruleset::compile(source, made.diagnostics, CompileMode::fast, nullptr, limits);
    return made;
  };
  auto made = co_await host_.offload(work);
  if (!made) co_return Reply(std::move(made).error());
  if (made->ruleset) co_return Found{made->ruleset, {}, "candidate"};
  const auto& first = made->diagnostics.all().front();
  co_return Reply::error(Code::invalid, first.code, first.message, compile_answer(made->diagnostics, source, {}))
      .with_status(422);
}

Task<void> Rulesets::report(Request request, const Found& found, bool failed, Duration took) {
  const std::string micros = std::to_string(took.count() / 1000);
  const Meta meta{{"kind", "rules"},
                  {"name", found.name},
                  {"version", found.version},
                  {"outcome", failed ? "error" : "ok"},
                  {"micros", micros}};
  // Whether the registry has counted it is nothing to the caller.
  static_cast<void>(co_await host_.call(request, report_, Payload::make({}, Media::none, meta)));
}

}  // namespace socle::rules

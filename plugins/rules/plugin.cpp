// plugin.cpp: rules/1. Short evaluations are answered where they arrive; one that turns out long starts again on the
// offload pool with its whole budget, so that no worker is held longer than its first few thousand operations.
// Evaluation is pure, so starting again costs only that much. Compiling happens on the pool, once per content hash.
// While the tenant's memory is nearly full the budget is cut; what only then runs out of it may be asked again.
#include <socle/plugin.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "dmn/import.hpp"
#include "jdm/import.hpp"
#include "ruleset/difference.hpp"
#include "service/answers.hpp"
#include "service/members.hpp"
#include "service/problems.hpp"
#include "service/question.hpp"
#include "service/rulesets.hpp"
#include "socle/json/document.hpp"
#include "socle/json/writer.hpp"
#include "table/codes.hpp"

namespace socle::rules {
namespace {

constexpr std::uint64_t inline_fuel = 20'000;  // about 100 µs
constexpr std::size_t most_records = 10'000;

// What the operator says of this installation; an object, also when that is nothing.
json::Document env_of(const Host& host) {
  const auto config = host.config();
  if (const auto env = config.root().find("env"); env.is_object()) return json::Document::copy_of(env);
  return *json::Document::parse("{}");
}

class Rules final : public Plugin {
 public:
  explicit Rules(Host& host)
      : host_(host),
        rulesets_(host),
        fuel_(host.config().get<std::uint64_t>("fuel", 1'000'000)),
        env_(env_of(host)),
        evaluations_(host.counter("rules_evaluations_total", "Rulesets evaluated.")),
        moved_(host.counter("rules_evaluations_moved_total", "Evaluations that were long and moved to the pool.")) {
    for (std::uint32_t i = 0; i <= host.worker_count(); ++i) arenas_.push_back(std::make_unique<cel::Arena>());
  }

  // models/1's question, whose members a later version of it may add to. A model is judged by all the fuel there is,
  // not by how full the tenant's memory is now.
  Task<Reply> compile(Request request) {
    auto body = json::Document::parse(request.text());
    if (!body) co_return malformed(body.error());
    const auto source = body->root().find("source");
    if (!source.exists()) co_return Reply::error(Code::invalid, "no_source", "compile wants {source}, a ruleset");
    const bool fast = body->root().find("mode").as_string() == "fast";
    Watchdog watchdog(host_, request.context().deadline());
    cel::Limits limits;
    limits.fuel = fuel_;
    watchdog.watch(limits);
    struct Compiled {
      std::string answer;
      std::size_t bytes = 0;  // 0: it does not compile
    };
    const auto work = [source, fast, &limits] {
      Diagnostics diagnostics;
      TestReport tests;
      const auto made =
          Ruleset::compile(source, diagnostics, fast ? CompileMode::fast : CompileMode::full, &tests, limits);
      return Compiled{compile_answer(diagnostics, source, tests), made ? made->bytes() : 0};
    };
    auto compiled = co_await host_.offload(work);
    if (!compiled) co_return Reply(std::move(compiled).error());
    // Told to who publishes it, rather than to each who uses it.
    const std::string name(body->root().find("name").as_string());
    if (!fast && compiled->bytes > 0)
      if (auto room = rulesets_.room_for(request, name, compiled->bytes); !room)
        co_return Reply(std::move(room).error());
    co_return Reply::json(compiled->answer);
  }

  // The kernel's, when a tenant is deleted.
  Reply forget(Request request) {
    rulesets_.forget(request.tenant());
    return {};
  }

  Task<Reply> evaluate(Request request) {
    auto body = json::Document::parse(request.text());
    if (!body) co_return malformed(body.error());
    if (const auto wrong = wrong_in_evaluate(body->root()); !wrong.empty()) co_return bad_request(wrong);
    const auto input = body->root().find("input");
    if (!input.exists())
      co_return Reply::error(Code::invalid, std::string(codes::invalid_input),
                             "the body is {input, trace}; there is no 'input'",
                             R"([{"pointer":"/input","code":"required","message":"wanted: the record to evaluate"}])")
          .with_status(422);
    auto got =
        co_await rulesets_.find(request, std::string(request.param("ruleset")), std::string(request.param("version")));
    if (auto* problem = std::get_if<Reply>(&got)) co_return std::move(*problem);
    const Found found = std::get<Found>(std::move(got));
    auto question = question_of(host_, request, *std::move(body), env_.root());
    question->call.input = input;
    question->call.trace = question->body.root().find("trace").as_bool();
    evaluations_.add();
    const std::uint64_t most = host_.fuel(request, fuel_);
    question->call.limits.fuel = std::min(inline_fuel, most);
    const Instant begun = host_.now();
    auto outcome = found.ruleset->evaluate(question->call, *arenas_[host_.worker()]);
    if (is_out_of_fuel(outcome) && most > inline_fuel) {
      moved_.add();
      question->call.limits.fuel = most;
      auto longer = co_await whole(request, found.ruleset, *question);
      if (!longer) co_return Reply(std::move(longer).error());
      outcome = *std::move(longer);
    }
    // Neither version's doing, and no measure of its speed: nothing is reported.
    if (is_out_of_fuel(outcome) && most < fuel_) co_return memory_pressure(most, fuel_);
    if (found.canary) co_await rulesets_.report(request, found, is_own_fault(outcome), host_.now() - begun);
    if (outcome.fault) co_return fault_reply(std::move(outcome), input);
    co_return Reply::json(evaluate_answer(outcome, found.version));
  }

  Task<Reply> test(Request request) {
    const std::string text(request.text().empty() ? std::string_view("{}") : request.text());
    auto body = json::Document::parse(text);
    if (!body) co_return malformed(body.error());
    const auto root = body->root();
    if (const auto wrong = wrong_in_test(root); !wrong.empty()) co_return bad_request(wrong);
    const std::string name(request.param("ruleset"));
    const auto records = root.find("records");
    auto got = co_await rulesets_.find(request, name,
                                       std::string(root.find(records.exists() ? "from" : "version").as_string()));
    if (auto* problem = std::get_if<Reply>(&got)) co_return std::move(*problem);
    const Found first = std::get<Found>(std::move(got));
    if (!records.exists()) co_return co_await stored_tests(first, request);
    if (records.size() > most_records)
      co_return Reply::error(Code::invalid, "bad_records", "'records' is a list of at most 10000 inputs",
                             R"([{"pointer":"/records","code":"maxItems","message":"at most 10000 are wanted"}])")
          .with_status(422);
    Found second;
    if (const auto source = root.find("source"); source.exists()) {
      auto candidate = co_await rulesets_.candidate(request, source);
      if (auto* problem = std::get_if<Reply>(&candidate)) co_return std::move(*problem);
      second = std::get<Found>(std::move(candidate));
    } else {
      auto other = co_await rulesets_.find(request, name, std::string(root.find("to").as_string()));
      if (auto* problem = std::get_if<Reply>(&other)) co_return std::move(*problem);
      second = std::get<Found>(std::move(other));
    }
    auto question = question_of(host_, request, *std::move(body), env_.root());
    const std::uint64_t most = host_.fuel(request, fuel_);
    question->call.limits.fuel = most;
    Watchdog watchdog(host_, request.context().deadline());
    watchdog.watch(question->call.limits);
    const auto inputs = question->body.root().find("records");
    const auto work = [&first, &second, &question, inputs] {
      return dry_run(*first.ruleset, *second.ruleset, inputs, question->call);
    };
    auto run = co_await host_.offload(work);
    if (!run) co_return Reply(std::move(run).error());
    if (run->out_of_fuel && most < fuel_) co_return memory_pressure(most, fuel_);
    if (run->stopped)
      co_return Reply::error(Code::deadline, "deadline_exceeded",
                             "the time was over after " + std::to_string(run->records) + " records; send fewer");
    co_return Reply::json(dry_run_answer(*run, first.version, second.version));
  }

  Task<Reply> import(Request request) {
    auto body = json::Document::parse(request.text());
    if (!body) co_return malformed(body.error());
    const auto root = body->root();
    if (const auto wrong = wrong_in_import(root); !wrong.empty()) co_return bad_request(wrong);
    const auto format = root.find("format").as_string();
    if (format != "jdm" && format != "dmn")
      co_return Reply::error(Code::invalid, "bad_format",
                             "the body is {format, name, source}; 'format' is \"jdm\" or \"dmn\"",
                             R"([{"pointer":"/format","code":"enum","message":"must be jdm or dmn"}])")
          .with_status(422);
    const auto work = [root, format] {
      Diagnostics diagnostics;
      std::optional<std::string> source;
      const auto given = root.find("source");
      const auto name = root.find("name").as_string();
      if (format == "dmn") {
        source = import_dmn(given.as_string(), root.find("decision").as_string(), diagnostics, name);
      } else if (given.is_string()) {
        const auto graph = json::Document::parse(given.as_string());
        if (graph)
          source = import_jdm(graph->root(), name, diagnostics);
        else
          diagnostics.error("", codes::import_syntax, graph.error().message);
      } else {
        source = import_jdm(given, name, diagnostics);
      }
      return import_answer(diagnostics, source.value_or(""));
    };
    auto answer = co_await host_.offload(work);
    if (!answer) co_return Reply(std::move(answer).error());
    co_return Reply::json(*answer);
  }

 private:
  // On the pool, until the call's deadline.
  Task<Result<Outcome>> whole(Request request, const RulesetPtr& ruleset, Question& question) {
    Watchdog watchdog(host_, request.context().deadline());
    watchdog.watch(question.call.limits);
    const auto work = [&ruleset, &question] {
      cel::Arena arena;
      return ruleset->evaluate(question.call, arena);
    };
    co_return co_await host_.offload(work);
  }

  Task<Reply> stored_tests(const Found& found, Request request) {
    Reply reply = co_await rulesets_.source(request, found.name, found.version);
    if (!reply) co_return std::move(reply);
    const auto answer = json::Document::parse(reply.text());
    if (!answer) co_return Reply::error(Code::internal, "internal", "models/1 answered no JSON");
    const auto source = answer->root().find("source");
    Watchdog watchdog(host_, request.context().deadline());
    const std::uint64_t most = host_.fuel(request, fuel_);
    cel::Limits limits;
    limits.fuel = most;
    watchdog.watch(limits);
    const auto work = [&found, source, &limits] { return found.ruleset->run_tests(source, limits); };
    auto report = co_await host_.offload(work);
    if (!report) co_return Reply(std::move(report).error());
    if (report->out_of_fuel && most < fuel_) co_return memory_pressure(most, fuel_);
    co_return Reply::json(test_answer(*report, found.version));
  }

  Host& host_;
  Rulesets rulesets_;
  const std::uint64_t fuel_;
  const json::Document env_;
  std::vector<std::unique_ptr<cel::Arena>> arenas_;  // one a worker; used between two awaits only
  Metric evaluations_;
  Metric moved_;
};

}  // namespace
}  // namespace socle::rules

SOCLE_PLUGIN(socle::rules::Rules, socle::service("rules", 1)
                                      .method("compile", &socle::rules::Rules::compile)
                                      .method("evaluate", &socle::rules::Rules::evaluate)
                                      .method("test", &socle::rules::Rules::test)
                                      .method("import", &socle::rules::Rules::import)
                                      .method("forget", &socle::rules::Rules::forget))

#include "registry/compiler.hpp"

#include <chrono>

#include "version/canonical.hpp"

namespace socle::models {
namespace {

constexpr std::string_view channel = "models.compile.requested";

// What the kind is asked; "" when there is no source to ask about.
struct Read {
  std::shared_ptr<Compiled> compiled = std::make_shared<Compiled>();
  std::string question;
};

std::string question_of(const Job& job, const Compiled& compiled) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("kind", job.kind->name).member("name", job.name);
  out.member("mode", job.full ? "full" : "fast").member("source", compiled.source->root());
  if (const auto previous = json::Document::parse(job.previous); !job.previous.empty() && previous)
    out.member("previous", previous->root());
  out.end_object();
  return text;
}

void settle(Compiled& out) {
  if (out.source) out.source->find_places(out.diagnostics);
  put_in_order(out.diagnostics);
}

// Offload thread: everything up to the kind's own part.
Read read_source(const Job& job) {
  Read out;
  Compiled& compiled = *out.compiled;
  compiled.source = Source::read(job.text, job.media, compiled.diagnostics);
  if (!compiled.source) {
    put_in_order(compiled.diagnostics);
    return out;
  }
  check_frame(*job.kind, job.name, *compiled.source, compiled.diagnostics);
  const std::string_view promise = compiled.source->root().find("compatibility").as_string();
  if (const auto known = parse_promise(promise)) compiled.promise = *known;
  out.question = question_of(job, compiled);
  return out;
}

// Offload thread: the kind's answer, and all that follows from it.
Status take_answer(Compiled& out, const std::string& text) {
  auto answer = json::Document::parse(text);
  if (!answer || !answer->root().is_object()) return Error{Code::internal, "the answer is no JSON object"};
  out.answer = std::move(*answer);
  append_diagnostics(out.diagnostics, out.answer.root().find("diagnostics"));
  const auto failed = out.answer.root().find("tests").find("failed").as_uint64().value_or(0);
  if (failed > 0 && !has_errors(out.diagnostics))
    out.diagnostics.push_back({"/tests", "test_failed", std::to_string(failed) + " tests of the model fail"});
  out.canonical = canonical_text(out.served());
  out.hash = sha256_hex(out.canonical);
  settle(out);
  return {};
}

Reply kind_missing(const Kind& kind, const Reply& reply) {
  const bool absent = reply.code() == Code::unavailable || reply.code() == Code::unsupported;
  if (!absent) return reply;
  return Reply::error(Code::unavailable, "kind_unavailable",
                      "no plugin that compiles " + std::string(kind.name) + " (" + std::string(kind.service) +
                          ") answers: " + std::string(reply.message()))
      .with_retry_after(std::chrono::seconds(5));
}

}  // namespace

struct Compiler::Ticket {
  const Job* job;
  std::optional<Got<CompiledPtr>> outcome{};
  Completion<bool> done{};
  bool started = false;
};

Compiler::Compiler(Host& host)
    : host_(host), workers_(host.worker_count() + 1), generation_(std::to_string(host.now_utc().count())) {
  for (const Kind& kind : kinds()) compile_.push_back(host.target(kind.service, "compile"));
}

Task<Got<CompiledPtr>> Compiler::compile(Request request, JobPtr job) {
  Worker& worker = here();
  if (worker.draining) co_return co_await run(request, *job);
  Ticket ticket{job.get()};
  const std::uint64_t number = ++worker.next;
  worker.tickets.emplace(number, &ticket);
  std::string body;
  json::Writer(body).begin_object().member("ticket", number).member("generation", generation_).end_object();
  const Status asked = co_await host_.publish(request, channel, Payload::json(body));
  // A message that was given up on may still arrive, so the ticket goes first.
  if (!asked && !ticket.started) {
    here().tickets.erase(number);
    co_return Reply::error(asked.error().code, "pipeline_full",
                           "the compile pipeline is full: " + asked.error().message + "; retry later")
        .with_retry_after(std::chrono::seconds(1));
  }
  co_await ticket.done;
  here().tickets.erase(number);
  if (!ticket.outcome) co_return co_await run(request, *job);
  co_return std::move(*ticket.outcome);
}

Task<Reply> Compiler::requested(Request request) {
  const auto message = json::Document::parse(request.text());
  if (!message || message->root().find("generation").as_string() != generation_) co_return Reply();
  const auto found = here().tickets.find(message->root().find("ticket").as_uint64().value_or(0));
  if (found == here().tickets.end() || found->second->started) co_return Reply();
  Ticket& ticket = *found->second;
  ticket.started = true;
  ticket.outcome.emplace(co_await run(request, *ticket.job));
  ticket.done.set_here(true);
  co_return Reply();
}

void Compiler::drain() {
  here().draining = true;
  for (auto& [number, ticket] : here().tickets) {
    if (std::exchange(ticket->started, true)) continue;
    ticket->done.set_here(false);
  }
}

Task<Got<CompiledPtr>> Compiler::run(Context context, const Job& job) {
  const Instant begun = host_.now();
  auto read = co_await host_.offload([&job] { return read_source(job); });
  if (!read) co_return Reply(read.error());
  const std::shared_ptr<Compiled> compiled = std::move(read->compiled);
  if (!read->question.empty()) {
    const Target& target = compile_[static_cast<std::size_t>(job.kind - kinds().data())];
    const Reply reply = co_await host_.call(context, target, Payload::json(read->question));
    if (!reply) co_return kind_missing(*job.kind, reply);
    // Named, and captured by reference: GCC 12 destroys a closure that is a temporary of co_await twice.
    const std::string text(reply.text());
    const auto work = [&compiled, &text] { return take_answer(*compiled, text); };
    auto taken = co_await host_.offload(work);
    if (!taken) co_return Reply(std::move(taken).error().context(std::string(job.kind->service) + ".compile"));
  }
  compiled->micros = std::chrono::duration_cast<std::chrono::microseconds>(host_.now() - begun).count();
  co_return CompiledPtr(compiled);
}

}  // namespace socle::models

// drafts.cpp: the part of Reading that takes a model's text: save, compile, discard.
#include "registry/quota.hpp"
#include "registry/reading.hpp"

namespace socle::models {
namespace {

// JSON only when it is said to be; YAML takes what a person types.
Media media_of(Request request) {
  const std::string_view type = request.header("content-type");
  if (!type.empty()) return type.find("json") != std::string_view::npos ? Media::json : Media::yaml;
  return request.media() == socle::Media::json ? Media::json : Media::yaml;
}

JobPtr job_of(const Arguments::Model& model, Request request, bool full) {
  return std::make_shared<Job>(Job{model.kind, model.name, std::string(request.text()), media_of(request), full, {}});
}

// What storage is to expect of the draft: nothing, a revision, or that it is absent.
struct Expectation {
  enum class What { any, absent, revision, never } what = What::any;
  std::uint64_t revision = 0;
};
Expectation expectation(Request request) {
  if (request.header("if-none-match") == "*") return {Expectation::What::absent};
  const std::string_view match = request.header("if-match");
  if (match.empty() || match == "*") return {};
  std::uint64_t revision = 0;
  const bool quoted = match.size() > 2 && match.size() < 20 && match.front() == '"' && match.back() == '"';
  for (const char c : quoted ? match.substr(1, match.size() - 2) : std::string_view("x")) {
    if (c < '0' || c > '9') return {Expectation::What::never};
    revision = revision * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return {Expectation::What::revision, revision};
}

Reply moved_on() {
  return Reply::error(Code::precondition, "draft_changed",
                      "the draft is not the one If-Match names; read it again and send its ETag");
}

std::string draft_document(const Arguments::Model& model, const Compiled& compiled, Request request, std::string now) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("of", "draft:" + std::string(model.kind->name));
  out.member("kind", model.kind->name).member("name", model.name).member("hash", compiled.hash);
  out.member("at", now).member("by", request.principal()).member("media", to_string(compiled.source->media()));
  out.member("text", compiled.source->text()).member("source", compiled.source->root()).key("diagnostics");
  write_diagnostics(out, compiled.diagnostics);
  out.end_object();
  return text;
}

std::string compiled_text(const Arguments::Model& model, const Compiled& compiled) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("kind", model.kind->name).member("name", model.name).member("version", "draft");
  out.member("hash", compiled.hash).member("compatibility", to_string(compiled.promise));
  out.key("diagnostics");
  write_diagnostics(out, compiled.diagnostics);
  if (const json::View tests = compiled.answer.root().find("tests"); tests.exists()) out.member("tests", tests);
  out.key("timings").begin_object().member("total_us", compiled.micros).end_object().end_object();
  return text;
}

}  // namespace

Task<Reply> Reading::compile(Request request) {
  const Arguments arguments = Arguments::without_body(request);
  auto model = arguments.model();
  if (!model) co_return std::move(model).problem();
  const JobPtr job = job_of(*model, request, arguments.text("mode") == "full");
  auto compiled = co_await compiler_.compile(request, job);
  if (!compiled) co_return std::move(compiled).problem();
  if ((*compiled)->refused()) co_return invalid_model((*compiled)->diagnostics);
  co_return Reply::json(compiled_text(*model, **compiled));
}

Task<Reply> Reading::save(Request request) {
  const Arguments arguments = Arguments::without_body(request);
  auto model = arguments.model();
  if (!model) co_return std::move(model).problem();
  const Expectation expected = expectation(request);
  if (expected.what == Expectation::What::never) co_return moved_on();
  const JobPtr job = job_of(*model, request, false);
  auto compiled = co_await compiler_.compile(request, job);
  if (!compiled) co_return std::move(compiled).problem();
  if ((*compiled)->refused()) co_return invalid_model((*compiled)->diagnostics);
  const std::string id = draft_id(model->key());
  const std::string key = model->key();
  auto room = co_await room_for_draft(host_, store_, request, key);
  if (!room) co_return std::move(room).problem();
  const std::string document = draft_document(*model, **compiled, request, timestamp(host_.now_utc()));
  Batch batch;
  if (expected.what == Expectation::What::any) {
    batch.put_any(id, document);
  } else {
    batch.put(id, expected.revision, document);
  }
  auto written = co_await store_.write(request, batch.take());
  if (!written && written.problem().error_code() == "changed_meanwhile") co_return moved_on();
  if (!written) co_return std::move(written).problem();
  co_return Reply::json(compiled_text(*model, **compiled)).with_etag("\"" + std::to_string(written->at(0)) + "\"");
}

Task<Reply> Reading::discard(Request request) {
  const Arguments arguments = Arguments::without_body(request);
  auto model = arguments.model();
  if (!model) co_return std::move(model).problem();
  const Expectation expected = expectation(request);
  auto found = co_await store_.get(request, ids(draft_id(model->key())));
  if (!found) co_return std::move(found).problem();
  const std::uint64_t revision = found->at(0).revision;
  if (revision == 0) co_return Reply::error(Code::not_found, "no_draft", "model " + model->key() + " has no draft");
  const bool other = expected.what != Expectation::What::any &&
                     (expected.what != Expectation::What::revision || expected.revision != revision);
  if (other) co_return moved_on();
  Batch batch;
  auto removed = co_await store_.write(request, batch.remove(draft_id(model->key()), revision).take());
  if (!removed && removed.problem().error_code() == "changed_meanwhile") co_return moved_on();
  if (!removed) co_return std::move(removed).problem();
  co_return Reply().with_status(204);
}

}  // namespace socle::models

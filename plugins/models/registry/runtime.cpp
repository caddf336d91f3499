#include "registry/runtime.hpp"

#include <mutex>

namespace socle::models {
namespace {

constexpr int fill_attempts = 8;
constexpr std::size_t most_addressed = 8;
constexpr std::string_view announcement = "models.published";

std::string served_text(const Served& served, std::string_view state) {
  std::string text("{\"version\":\"");
  return text.append(served.version)
      .append("\",\"hash\":\"")
      .append(served.hash)
      .append("\",\"state\":\"")
      .append(state);
}

Reply served_reply(const Served& served, std::string_view state, bool canary) {
  const std::string text = served_text(served, state) + "\"}";
  Meta meta{{"version", served.version}, {"hash", served.hash}, {"state", state}};
  if (canary) meta.set("canary", "true");
  Payload payload = Payload::json(text, meta);
  if (payload.refused()) return payload.refusal();
  return payload;
}

}  // namespace

Runtime::Runtime(Host& host, Store& store, std::size_t budget,
                 std::function<void(std::string_view tenant, const Head& head)> seen)
    : host_(host),
      store_(store),
      install_(host.target("models/1", "install")),
      seen_(std::move(seen)),
      hits_(host.counter("models_resolve_hits_total", "Versions resolved from a worker's table.")),
      misses_(host.counter("models_resolve_misses_total", "Versions that had to be read from storage.")) {
  // One more: the staging thread, which has an own worker number.
  for (std::uint32_t i = 0; i <= host.worker_count(); ++i) tables_.emplace_back(budget / host.worker_count());
}

Got<Runtime::Question> Runtime::question_of(Request request) {
  auto arguments = Arguments::of(request);
  if (!arguments) return std::move(arguments).problem();
  auto model = arguments->model();
  if (!model) return std::move(model).problem();
  return Question{std::move(*model), arguments->text("version"), arguments->text("lane"), arguments->flag("source")};
}

Reply Runtime::answer(Request request, const Question& question, const Entry& entry) const {
  if (entry.active.version.empty()) return unknown_model(question.model);
  if (!entry.more || !entry.more->canary) return served_reply(entry.active, "active", false);
  const CanaryFacts& canary = *entry.more->canary;
  std::string_view user = question.lane;
  if (user.empty()) user = request.principal();
  if (user.empty()) user = request.context().lane();
  const bool meets = bucket_of(request.tenant(), question.model.key(), canary.version, user) < canary.weight;
  if (meets) return served_reply({canary.version, canary.hash}, "canary", true);
  return served_reply(entry.active, "active", true);
}

Task<Reply> Runtime::resolve(Request request) {
  auto question = question_of(request);
  if (!question) return std::move(question).problem();
  const Entry* entry = here().find(table_key(request.tenant(), question->model.key()));
  if (entry == nullptr || !question->version.empty() || question->source) {
    misses_.add();
    return resolve_slowly(request, std::make_shared<const Question>(std::move(*question)));
  }
  hits_.add();
  return answer(request, *question, *entry);
}

Task<Reply> Runtime::resolve_slowly(Request request, QuestionPtr asked) {
  const Question& question = *asked;
  auto known = co_await fill(request, question.model);
  if (!known) co_return std::move(known).problem();
  const Entry* entry = here().find(table_key(request.tenant(), question.model.key()));
  if (entry == nullptr) co_return Error{Code::unavailable, "the table of models is too small; retry"};
  if (entry->revision == 0) co_return unknown_model(question.model);
  if (!question.version.empty()) co_return co_await resolve_version(request, question);
  Reply reply = answer(request, question, *entry);
  if (!reply || !question.source) co_return reply;
  const Served served{std::string(reply.meta("version")), std::string(reply.meta("hash"))};
  std::string state(reply.meta("state"));
  co_return co_await with_source(request, question, served, std::move(state), reply.meta("canary") == "true");
}

Task<Reply> Runtime::resolve_version(Request request, const Question& question) {
  const auto selector = parse_selector(question.version);
  if (!selector) co_return unknown_version(question.model, question.version);
  const std::string key = table_key(request.tenant(), question.model.key());
  std::optional<Served> served;
  if (const Entry* entry = here().find(key); entry != nullptr && entry->more) {
    for (const auto& [address, known] : entry->more->addressed)
      if (address == question.version) served = known;
  }
  if (!served) {
    // The head and, for an exact number that it lists no more, the version itself.
    auto found =
        co_await store_.get(request, ids(question.model.key(), version_id(question.model.key(), question.version)));
    if (!found) co_return std::move(found).problem();
    const Stored& exact = found->at(1);
    const Head head = read_head(found->at(0).doc());
    if (const VersionFacts* facts = head.newest(*selector)) {
      served = Served{facts->version, facts->hash};
    } else if (selector->exact() && exact.exists()) {
      served = Served{question.version, std::string(exact.doc().find("hash").as_string())};
    }
    if (!served) co_return unknown_version(question.model, question.version);
    Entry* entry = here().find(key);
    if (entry != nullptr && entry->revision == found->at(0).revision) {
      auto& addressed = entry->extra().addressed;
      if (addressed.size() >= most_addressed) addressed.erase(addressed.begin());
      addressed.emplace_back(question.version, *served);
    }
  }
  const Entry* entry = here().find(key);
  const bool active = entry != nullptr && entry->active.version == served->version;
  if (!question.source) co_return served_reply(*served, active ? "active" : "old", false);
  co_return co_await with_source(request, question, *served, active ? "active" : "old", false);
}

Task<Reply> Runtime::with_source(Request request, const Question& question, const Served& served, std::string state,
                                 bool canary) {
  auto found = co_await store_.get(request, ids(version_id(question.model.key(), served.version)));
  if (!found) co_return std::move(found).problem();
  const json::View source = found->at(0).doc().find("source");
  if (!source.exists()) co_return unknown_version(question.model, served.version);
  std::string text = served_text(served, state) + "\",\"source\":";
  json::append_text(text, source);
  text += '}';
  Reply reply = Reply::json(text);
  reply.with("version", served.version).with("hash", served.hash).with("state", state);
  if (canary) reply.with("canary", "true");
  co_return reply;
}

Task<Got<bool>> Runtime::fill(Context context, const Arguments::Model& model) {
  const std::string key = table_key(context.tenant(), model.key());
  for (int attempt = 0; attempt < fill_attempts; ++attempt) {
    if (here().find(key) != nullptr) co_return true;
    if (Table::Fill* running = here().fill_of(key)) {
      Completion<bool> ended;
      running->waiters.emplace_back([&ended] { ended.set_here(true); });
      co_await ended;
      continue;
    }
    here().begin_fill(key);
    auto found = co_await store_.get(context, ids(model.key()));
    const std::uint64_t floor = here().fill_of(key)->floor;
    const auto waiters = here().end_fill(key);
    if (found && found->at(0).revision >= floor) {
      const Stored& stored = found->at(0);
      const Head head = stored.exists() ? read_head(stored.doc()) : Head();
      here().put(key, stored.exists() ? &head : nullptr, stored.revision);
      if (head.canary || head.building) seen_(context.tenant(), head);
    }
    for (const auto& wake : waiters) wake();
    if (!found) co_return std::move(found).problem();
  }
  co_return Reply::error(Code::unavailable, "model_changes_too_fast", "the model changes faster than it can be read");
}

Reply Runtime::report(Request request) {
  auto arguments = Arguments::of(request);
  if (!arguments) return std::move(arguments).problem();
  auto model = arguments->model();
  if (!model) return std::move(model).problem();
  Entry* entry = here().find(table_key(request.tenant(), model->key()));
  if (entry == nullptr || !entry->more || !entry->more->canary) return {};
  const std::string version = arguments->text("version");
  const bool error = arguments->text("outcome") == "error";
  const std::uint64_t micros = arguments->number("micros", 0);
  if (version == entry->more->canary->version) entry->more->canary_calls.add(error, micros);
  if (version == entry->active.version) entry->more->stable_calls.add(error, micros);
  return {};
}

Reply Runtime::install(Request request) {
  if (request.principal() != "plugin:" SOCLE_PLUGIN_NAME)
    return Reply::error(Code::denied, "internal_method", "models/1.install is the registry's own");
  const auto message = json::Document::parse(request.text());
  if (!message) return Reply(message.error());
  const Head head = read_head(message->root().find("head"));
  const auto revision = message->root().find("revision").as_uint64();
  if (!revision || head.name.empty()) return Reply::error(Code::invalid, "bad_request", "no head or no revision");
  here().apply(table_key(request.tenant(), model_key(head.kind, head.name)), head, *revision);
  if (head.canary || head.building) seen_(request.tenant(), head);
  return {};
}

Task<Status> Runtime::announce(std::string tenant, const Head& head, std::uint64_t revision) {
  auto message = std::make_shared<std::string>();
  json::Writer out(*message);
  out.begin_object().member("revision", revision).key("head");
  write(out, head);
  out.end_object();
  const std::shared_ptr<const std::string> text = std::move(message);
  // Named: GCC 12 destroys a closure that is a temporary of co_await twice.
  const std::function<Task<Status>()> errand = [&] { return announce_here(text, tenant, &head, revision); };
  co_return co_await on_each_worker(host_, errand);
}

Task<Status> Runtime::announce_here(std::shared_ptr<const std::string> message, std::string tenant, const Head* head,
                                    std::uint64_t revision) {
  const std::string key = model_key(head->kind, head->name);
  here().apply(table_key(tenant, key), *head, revision);
  if (head->canary || head->building) seen_(tenant, *head);
  const auto context = host_.act_as(tenant, "a model was published", std::chrono::seconds(5));
  if (!context) co_return context.error();
  const Reply installed = co_await host_.call(context->view(), install_, Payload::json(*message));
  if (!installed) co_return installed.error();
  std::string hint;
  const VersionFacts* facts = head->serving_version();
  json::Writer(hint)
      .begin_object()
      .member("kind", head->kind)
      .member("name", head->name)
      .member("version", head->active)
      .member("hash", facts == nullptr ? std::string() : facts->hash)
      .end_object();
  // A hint: whoever has no room for it loses nothing but a warm start.
  static_cast<void>(co_await host_.publish(context->view(), announcement, Payload::json(hint)));
  co_return Status();
}

Task<Reply> Runtime::forget(Request request) {
  const std::string tenant(request.tenant());
  const std::function<Task<Status>()> errand = [&]() -> Task<Status> {
    here().forget(tenant);
    return Status();
  };
  const Status done = co_await on_each_worker(host_, errand);
  if (!done) co_return Reply(done.error());
  co_return Reply();
}

Task<Runtime::Counts> Runtime::counts(std::string tenant, std::string key, std::string canary_version) {
  Counts sum;
  std::mutex mutex;
  const std::string entry_key = table_key(tenant, key);
  const std::function<Task<Status>()> errand = [&]() -> Task<Status> {
    if (const Entry* entry = here().find(entry_key);
        entry != nullptr && entry->more && entry->more->canary && entry->more->canary->version == canary_version) {
      const std::lock_guard lock(mutex);
      sum.stable.add(entry->more->stable_calls);
      sum.canary.add(entry->more->canary_calls);
    }
    return Status();
  };
  static_cast<void>(co_await on_each_worker(host_, errand));
  co_return sum;
}

}  // namespace socle::models

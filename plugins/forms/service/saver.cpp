// saver.cpp: judging and preparing; see the header. What goes to storage is in saver_write.cpp.
#include "service/saver.hpp"

#include <algorithm>
#include <utility>

#include "records/mask.hpp"
#include "records/removal.hpp"
#include "records/texts.hpp"
#include "service/batch.hpp"

namespace socle::forms {
namespace {

constexpr std::uint64_t inline_fuel = 30'000;  // about 150 µs

std::string_view action_of(Row::Kind kind) {
  return kind == Row::Kind::create ? "create" : kind == Row::Kind::replace ? "update" : "delete";
}

bool permitted(const Form& form, Action action, const Known& known, json::View doc, json::View old,
               const RecordFacts& facts) {
  const auto* rule = form.access(action);
  return rule == nullptr || allows(form, rule->rule, known, doc, old, facts);
}

}  // namespace

Saver::Saver(Host& host, const Warden& warden, Models& models, Referrers& referrers)
    : host_(host),
      warden_(warden),
      models_(models),
      referrers_(referrers),
      get_(host.target("storage/1", "get")),
      query_(host.target("storage/1", "query")),
      write_(host.target("storage/1", "write")),
      evaluate_(host.target("rules/1", "evaluate")),
      attachments_(host),
      fuel_(host.config().get<std::uint64_t>("fuel", usual_fuel)),
      judged_(host.counter("forms_records_judged_total", "Records run through a form's logic and schema.")),
      moved_(host.counter("forms_records_moved_total", "Records that took long and were judged on the pool.")) {
  arenas_.reserve(host.worker_count() + 1);
  for (std::uint32_t i = 0; i <= host.worker_count(); ++i) arenas_.push_back(std::make_unique<cel::Arena>());
}

// Short ones where they arrive; one that turns out long starts again on the pool with its whole budget. Judging is
// pure.
Task<Got<Verdict>> Saver::judged(Request request, const Form& form, Call& call, Language language) {
  judged_.add();
  const std::uint64_t most = host_.fuel(request, fuel_);  // less while the tenant's memory is nearly full
  call.limits.fuel = std::min(inline_fuel, most);
  auto verdict = judge(form, call, language, *arenas_[host_.worker()]);
  if (verdict.stopped == "out_of_fuel" && most > inline_fuel) {
    moved_.add();
    struct Watchdog {
      const Host& host;
      Instant deadline;
    } watchdog{host_, request.context().deadline()};
    call.limits.fuel = most;
    call.limits.interval = 20'000;
    call.limits.data = &watchdog;
    call.limits.interrupt = [](void* data) {
      const auto& watch = *static_cast<Watchdog*>(data);
      return watch.host.now() < watch.deadline;
    };
    const auto work = [&form, &call, language] {
      cel::Arena arena;
      return judge(form, call, language, arena);
    };
    auto longer = co_await host_.offload(work);
    if (!longer) co_return std::move(longer).error();
    verdict = std::move(*longer);
  }
  if (verdict.stopped == "interrupted")
    co_return Reply::error(Code::deadline, "deadline_exceeded", "the form's logic took longer than the request may");
  if (verdict.stopped == "out_of_fuel" && most < fuel_)
    co_return Reply::error(Code::unavailable, "memory_pressure",
                           "the tenant's memory is nearly full, so the form's logic may take " + std::to_string(most) +
                               " units instead of " + std::to_string(fuel_) + "; ask again when less is under way")
        .with_status(503);
  if (!verdict.stopped.empty())
    co_return Reply::error(Code::invalid, verdict.stopped,
                           "the form's logic needs more than one evaluation may take (" + std::to_string(fuel_) +
                               " units, 8 MiB): simplify it or send a smaller record")
        .with_status(422);
  co_return std::move(verdict);
}

Task<Got<std::optional<json::Document>>> Saver::masked(Request request, const Asking& asking, const Form& form,
                                                       Row& row, const Reach& reach) const {
  auto masks = co_await warden_.masks(request, asking, form, reach, row.stored, row.doc);
  if (!masks) co_return std::move(masks).problem();
  row.hidden = masks->hidden;
  auto fields = std::move(masks->read_only);
  if (row.kind == Row::Kind::replace) fields.insert(fields.end(), row.hidden.begin(), row.hidden.end());
  if (fields.empty()) co_return std::optional<json::Document>();
  auto made = restored(row.doc, doc_of(row.stored), fields);
  if (!made) co_return Reply(std::move(made).error());
  co_return std::optional<json::Document>(std::move(*made));
}

Task<Got<bool>> Saver::decided(Request request, const Asking& asking, const Form& form, Row& row, const Reach& reach,
                               const RecordFacts& facts) const {
  if (reach.certain) co_return true;
  const bool gone = row.kind == Row::Kind::remove;
  const std::string stored = row.kind == Row::Kind::create ? std::string() : envelope_of(row.stored);
  const std::string record = gone ? stored : envelope_of(facts, row.known_text());
  const std::string old = gone ? std::string() : stored;
  auto masks = co_await warden_.decide(request, asking, form, action_of(row.kind), record, old);
  if (!masks) co_return std::move(masks).problem();
  row.hidden = std::move(masks->hidden);
  co_return true;
}

Task<Got<bool>> Saver::prepare_row(Request request, const Asking& asking, const Served& served, Row& row,
                                   Batch& batch) {
  const Form& form = *served.form;
  const auto known = asking.known(action_of(row.kind));
  const auto action = row.kind == Row::Kind::create    ? Action::create
                      : row.kind == Row::Kind::replace ? Action::update
                                                       : Action::remove;
  auto facts = facts_of(row.stored);
  const auto old = doc_of(row.stored);
  auto& reach = batch.reach[static_cast<std::size_t>(row.kind)];
  if (!reach) {
    auto asked = co_await warden_.reach(request, form, action_of(row.kind));
    if (!asked) co_return std::move(asked).problem();
    reach = std::move(*asked);
  }
  // Of a change it is not known before its record; of a new one, nothing is nothing.
  if (row.kind == Row::Kind::create && reach->nothing && !reach->certain) co_return forbidden("create", form.name());
  // Nobody gains a right by what he is about to write: the record as it is must allow it too.
  if (row.kind != Row::Kind::create && !permitted(form, action, known, old, old, facts))
    co_return forbidden(action_of(row.kind), form.name());
  if (row.kind == Row::Kind::remove) {
    if (auto may = co_await decided(request, asking, form, row, *reach, facts); !may)
      co_return std::move(may).problem();
    co_return co_await attach(request, asking, form, row, batch);
  }
  if (!row.doc.is_object()) {
    row.errors.push_back(
        {"", "type", asking.language() == Language::zh ? "记录必须是 JSON 对象" : "a record is a JSON object", {}});
    co_return true;
  }
  std::optional<json::Document> own;  // what may be written of it
  if (!reach->certain) {
    auto made = co_await masked(request, asking, form, row, *reach);
    if (!made) co_return std::move(made).problem();
    own = std::move(*made);
  }
  const auto asked = own ? own->root() : row.doc;
  Call call = asking.call(action_of(row.kind));
  call.doc = asked;
  call.old = old;
  if (row.kind == Row::Kind::create) facts.created_by = request.principal();
  facts.updated_by = request.principal();
  facts.model_version = served.version;
  call.facts = facts;
  std::vector<std::uint64_t> numbers;
  for (const auto& counter : batch.counters) numbers.push_back(counter.number + batch.created + 1);
  call.numbers = numbers;
  auto verdict = co_await judged(request, form, call, asking.language());
  if (!verdict) co_return std::move(verdict).problem();
  row.errors = std::move(verdict->errors);
  row.text.clear();
  row.asked_text.clear();
  row.rules.clear();
  // Of a faulty record it is told, too, what it names that is not there, but to nobody who may not write it.
  const bool good = row.errors.empty();
  if (!good && !form.has_references() && !form.has_attachments()) co_return true;
  const auto doc = verdict->root(asked);
  if (!permitted(form, action, known, doc, old, facts)) {
    if (good) co_return forbidden(action_of(row.kind), form.name());
    co_return true;
  }
  auto& text = good ? row.text : row.asked_text;
  text = verdict->document ? std::move(verdict->text) : json::to_text(asked);
  if (auto may = co_await decided(request, asking, form, row, *reach, facts); !may) {
    if (good) co_return std::move(may).problem();
    row.asked_text.clear();
    co_return true;
  }
  if (good && row.kind == Row::Kind::create) ++batch.created;
  if (auto held = co_await attach(request, asking, form, row, batch); good && !held)
    co_return std::move(held).problem();
  if (row.errors.empty() && !form.rulesets().empty())
    if (auto ruled = co_await evaluate_rulesets(request, served, row); !ruled) co_return std::move(ruled).problem();
  if (good && !row.errors.empty()) {
    row.asked_text = std::exchange(row.text, std::string());
    row.rules.clear();
  }
  co_return true;
}

// The files that the record holds from now on, and those it lets go.
Task<Got<bool>> Saver::attach(Request request, const Asking& asking, const Form& form, Row& row, Batch& batch) {
  if (!form.has_attachments()) co_return true;
  if (row.id.empty()) row.id = uuid7(asking.seconds(), asking.nanos());  // who holds a file has a name beforehand
  const auto doc = json::Document::parse(row.kind == Row::Kind::remove ? std::string_view("{}") : row.known_text());
  if (!doc) co_return Reply(doc.error());
  auto held = co_await attachments_.hold(request, form, row.id, doc->root(), doc_of(row.stored), asking.language());
  if (!held) co_return std::move(held).problem();
  for (auto& error : held->errors) row.errors.push_back(std::move(error));
  batch.attached += held->operations;
  batch.attachments += held->count;
  co_return true;
}

Task<Got<bool>> Saver::evaluate_rulesets(Request request, const Served& served, Row& row) {
  const std::string input = "{\"input\":" + row.text + "}";
  row.rules = "{";
  for (const auto& name : served.form->rulesets()) {
    const socle::Meta meta{{"ruleset", name}};
    const Payload body = Payload::json(input, meta);
    const Reply reply = co_await host_.call(request, evaluate_, body);
    if (!reply && reply.code() == Code::invalid) {
      // The ruleset's validators and its input schema speak about the record's own fields.
      const auto fields = json::Document::parse(reply.text().empty() ? "[]" : reply.text());
      if (fields)
        for (const auto one : fields->root().elements())
          row.errors.push_back({std::string(one.find("pointer").as_string()),
                                std::string(one.find("code").as_string()),
                                std::string(one.find("message").as_string()),
                                {}});
      if (row.errors.empty())
        row.errors.push_back({"", std::string(reply.error_code()), name + ": " + std::string(reply.message()), {}});
      co_return true;
    }
    if (!reply && reply.code() == Code::not_found)
      co_return Reply::error(Code::conflict, "unknown_ruleset",
                             "form '" + served.form->name() + "' evaluates ruleset '" + name +
                                 "', which is not published: publish it, or take it out of `rules`");
    if (!reply) co_return reply;
    const auto answer = json::Document::parse(reply.text());
    if (!answer) co_return Reply::error(Code::internal, "internal", "rules/1 answered no JSON");
    if (row.rules.size() > 1) row.rules += ',';
    json::append_quoted(row.rules, name);
    row.rules += ':';
    json::append_text(row.rules, answer->root().find("output"));
  }
  row.rules += '}';
  co_return true;
}

Task<Got<bool>> Saver::prepare(Request request, const Asking& asking, const Served& served, std::vector<Row>& rows,
                               bool all) {
  Batch batch;
  if (auto read = co_await read_counters(request, asking, *served.form, batch); !read)
    co_return std::move(read).problem();
  std::vector<std::size_t> operations;
  for (auto& row : rows) {
    const auto held = batch.attachments;
    if (auto done = co_await prepare_row(request, asking, served, row, batch); !done)
      co_return std::move(done).problem();
    operations.push_back(1 + batch.attachments - held + batch.counters.size());
    if (auto paused = co_await host_.pause(); !paused) co_return Reply(std::move(paused).error());
  }
  co_return co_await look_up(request, asking, *served.form, rows, operations, !all);
}

Task<Got<bool>> Saver::read_counters(Request request, const Asking& asking, const Form& form, Batch& batch) {
  if (!form.has_sequences()) co_return true;
  std::string text;
  json::Writer out(text);
  out.begin_object().member("collection", sequence_collection).key("ids").begin_array();
  for (const auto& logic : form.logic()) {
    if (!logic.sequence) continue;
    batch.counters.push_back(
        {form.name() + "/" + form.fields()[logic.field].path + "/" + logic.sequence->period(asking.seconds())});
    out.string(batch.counters.back().id);
  }
  out.end_array().end_object();
  const Reply reply = co_await host_.call(request, get_, Payload::json(text));
  if (!reply) co_return reply;
  const auto answer = json::Document::parse(reply.text());
  if (!answer) co_return Reply::error(Code::internal, "internal", "storage/1 answered no JSON");
  for (std::size_t i = 0; i < batch.counters.size(); ++i) {
    const auto item = answer->root().find("items").at(i);
    batch.counters[i].version = item.find("version").as_uint64().value_or(0);
    batch.counters[i].number = item.find("doc").find("n").as_uint64().value_or(0);
  }
  co_return true;
}

// A policy may read anything of a record.
Task<Got<Removal>> Saver::removal(Request request, const Form& form) const {
  auto reach = co_await warden_.reach(request, form, action_of(Row::Kind::remove));
  if (!reach) co_return std::move(reach).problem();
  Removal out;
  out.reach = std::move(*reach);
  if (out.reach.certain) out.fields = fields_of_removal(form);
  co_return std::move(out);
}

Task<Reply> Saver::get(Context context, const std::string& form, const std::string& id, std::string_view fields) {
  std::string text;
  json::Writer(text).begin_object().member("collection", collection_of(form)).member("id", id).end_object();
  append_fields(text, fields);
  co_return co_await host_.call(context, get_, Payload::json(text));
}

Task<Reply> Saver::get_many(Context context, const std::string& form, std::span<const std::string> ids,
                            std::string_view fields) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("collection", collection_of(form)).key("ids").begin_array();
  for (const auto& id : ids) out.string(id);
  out.end_array().end_object();
  append_fields(text, fields);
  co_return co_await host_.call(context, get_, Payload::json(text));
}

Task<Reply> Saver::query(Context context, const std::string& text) {
  co_return co_await host_.call(context, query_, Payload::json(text));
}

}  // namespace socle::forms

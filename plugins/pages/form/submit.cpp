// submit.cpp: what is posted from a form's page: a step further or back, one row more or less, the whole record, or a
// draft that the page wants judged. See pages.hpp.
#include <charconv>

#include "form/pages.hpp"
#include "logic/verdict.hpp"

namespace socle::pages {
namespace {

std::size_t step_from(std::string_view text, const Plan& plan) {
  std::size_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return std::min(out, plan.steps.size() - 1);
}

// An empty field is called so, in a person's words; of all else the form's own message is told.
std::string told(std::string_view code, std::string_view message, std::string_view required) {
  return std::string(code == "required" ? required : message);
}

Faults faults_of(std::string_view errors, std::string_view required) {
  Faults out;
  const auto list = json::Document::parse(errors);
  if (!list) return out;
  for (const auto error : list->root().elements())
    out.emplace(error.find("pointer").as_string(),
                told(error.find("code").as_string(), error.find("message").as_string(), required));
  return out;
}

}  // namespace

forms::Call FormPages::call_of(const forms::Asking& asking, const Open& open, json::View doc) const {
  const bool stored = !open.editing.id.empty();
  auto call = asking.call(stored ? "update" : "create");
  call.doc = doc;
  call.limits.fuel = fuel_;
  if (!stored) return call;
  const auto root = open.item.root();
  call.old = open.stored();
  call.facts = {root.find("id").as_string(),
                root.find("model_version").as_string(),
                root.find("created_at").as_string(),
                root.find("created_by").as_string(),
                root.find("updated_at").as_string(),
                root.find("updated_by").as_string(),
                root.find("version").as_int64().value_or(0)};
  return call;
}

Faults FormPages::judged(const Request& request, const Open& open) const {
  Faults out;
  const forms::Asking asking(host_, request);
  const auto doc = json::Document::parse(open.doc);
  if (!doc) return out;
  auto call = call_of(asking, open, doc->root());
  // The number that a sequence will give is not known yet; that there will be one is.
  std::vector<std::uint64_t> numbers;
  for (const auto& logic : open.served.form->logic())
    if (logic.sequence) numbers.push_back(1);
  call.numbers = numbers;
  cel::Arena arena;
  const auto verdict = forms::judge(*open.served.form, call, asking.language(), arena);
  if (!verdict.stopped.empty()) return out;
  for (const auto& error : verdict.errors)
    if (!forms::covers(open.masks.hidden, error.pointer))  // it is there, and not for this person
      out.emplace(error.pointer, told(error.code, error.message, site_.word(request, "required")));
  return out;
}

Task<Reply> FormPages::submit(Request request) {
  auto parsed = page::FormBody::parse(request.text());
  if (!parsed) co_return site_.problem(request, Reply(std::move(parsed).error()));
  const auto body = std::make_shared<const page::FormBody>(std::move(*parsed));
  auto opened = co_await open(request, request.has_param("id"));
  if (!opened) co_return site_.problem(request, std::move(opened).problem());
  const auto open = *opened;
  const std::string go = body->text("go");
  open->doc = document_of(*open->plan, *body, open->stored(), RowChange::of(go));
  open->editing.step = step_from(body->text("step"), *open->plan);
  if (open->plan->steps.size() > 1 || !open->editing.id.empty()) open->editing.version = body->text("version");
  if (open->editing.id.empty()) open->editing.draft = body->text("draft");
  const bool genuine = site_.genuine(request, *body);
  if (genuine && go == "keep" && open->editing.id.empty()) co_return co_await keep(request, open);
  if (genuine && (go.empty() || go == "save")) co_return co_await save(request, open, body);
  if (!genuine) {
    open->faults.emplace("", site_.word(request, "expired_page"));
    open->status = 403;
  } else if (go == "back") {
    if (open->editing.step > 0) --open->editing.step;
  } else if (go.starts_with("step:")) {
    open->editing.step = step_from(std::string_view(go).substr(5), *open->plan);
  } else if (go == "next") {
    const std::size_t here = open->editing.step;
    for (auto& [pointer, message] : judged(request, *open))
      if (step_of(*open->plan, pointer, open->plan->steps.size()) == here) open->faults.emplace(pointer, message);
    if (open->faults.empty()) {
      open->editing.step = std::min(here + 1, open->plan->steps.size() - 1);
    } else {
      open->status = 422;
    }
  }
  (void)co_await fetch_candidates(request, *open);
  co_return show(request, *open);
}

// What is there so far, whatever is wrong with it.
Task<Reply> FormPages::keep(Request request, std::shared_ptr<Open> open) {
  const std::string name(request.param("form"));
  const bool again = !open->editing.draft.empty();
  socle::Meta meta{{"form", name}, {"http.header.content-type", "application/json"}};
  if (again) meta.set("id", open->editing.draft);
  const Reply kept = co_await ask(request, again ? replace_draft_ : create_draft_, std::move(meta), open->doc);
  if (kept) co_return Site::go("/forms/" + name, "kept");
  open->faults.emplace("", kept.message());
  open->status = refusal_status(kept);
  (void)co_await fetch_candidates(request, *open);
  co_return show(request, *open);
}

Task<Reply> FormPages::save(Request request, std::shared_ptr<Open> open, Posted body) {
  const bool stored = !open->editing.id.empty();
  const std::string name(request.param("form"));
  socle::Meta meta{{"form", name}, {"http.header.content-type", "application/json"}};
  if (stored) meta.set("id", open->editing.id).set("http.header.if-match", "\"" + open->editing.version + "\"");
  if (!open->editing.draft.empty()) meta.set("draft", open->editing.draft);
  const std::string key = stored ? std::string() : body->text("key");
  const Reply saved = co_await ask(request, stored ? replace_ : create_, std::move(meta), open->doc, key);
  if (saved) {
    const auto record = json::Document::parse(saved.text());
    const std::string id(record ? record->root().find("id").as_string() : std::string_view());
    co_return Site::go("/forms/" + name + "/" + id, stored ? "updated" : "created");
  }
  open->faults = faults_of(saved.text(), site_.word(request, "required"));
  open->status = refusal_status(saved);
  if (saved.error_code() == "version_mismatch") {
    open->faults.emplace("", site_.word(request, "changed_meanwhile"));
    open->editing.version = json::to_text(open->item.root().find("version"));
    open->status = 409;
  } else if (open->faults.empty()) {
    open->faults.emplace("", saved.message());
  }
  // The step under the person's eyes if something is wrong there, else the first one where something is.
  const std::size_t none = open->plan->steps.size();
  std::size_t first = none;
  bool here = false;
  for (const auto& [pointer, message] : open->faults) {
    const std::size_t step = step_of(*open->plan, pointer, none);
    first = std::min(first, step);
    here = here || step == open->editing.step;
  }
  if (!here && first < none) open->editing.step = first;
  (void)co_await fetch_candidates(request, *open);
  co_return show(request, *open);
}

Task<Reply> FormPages::evaluate(Request request) {
  auto parsed = page::FormBody::parse(request.text());
  if (!parsed) co_return Reply(std::move(parsed).error());
  const auto body = std::make_shared<const page::FormBody>(std::move(*parsed));
  auto opened = co_await open(request, request.has_param("id"));
  if (!opened) co_return std::move(opened).problem();
  Open& open = **opened;
  open.doc = document_of(*open.plan, *body, open.stored());
  const forms::Asking asking(host_, request);
  const auto doc = json::Document::parse(open.doc);
  if (!doc) co_return Reply::error(Code::invalid, "bad_request", doc.error().message);
  cel::Arena arena;
  forms::Evaluation evaluation(*open.served.form, call_of(asking, open, doc->root()), arena);
  if (!evaluation.run()) co_return Reply::json(R"({"fields":[],"errors":[]})");
  open.faults = judged(request, open);
  const auto after = json::Document::parse(evaluation.changed() ? evaluation.document() : open.doc);
  const Shown shown{*open.plan,        evaluation,      after ? after->root() : doc->root(),
                    open.faults,       open.candidates, messages(),
                    asking.language(), &open.masks};
  co_return Reply::json(live_text(shown)).with_cache_control("no-store");
}

}  // namespace socle::pages

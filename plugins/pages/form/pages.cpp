#include "form/pages.hpp"

#include "form/moments.hpp"
#include "form/texts.hpp"
#include "form/walk.hpp"
#include "records/listing.hpp"

namespace socle::pages {
namespace {

using forms::Got;
constexpr std::string_view page_size = "50";
constexpr std::string_view most_candidates = "100";
constexpr std::size_t most_plans = 512;

Reply no_json() { return Reply::error(Code::internal, "internal", "forms/1 answered no JSON"); }

void references(const std::vector<Control>& controls, const Form& form, std::map<std::uint32_t, std::string>& out) {
  for (const auto& control : controls) {
    const auto* logic = control.field == Field::none ? nullptr : form.logic_of(control.field);
    const bool names = control.widget == Widget::reference || control.widget == Widget::lines;
    if (names && logic != nullptr && !logic->reference.empty()) out[control.field] = logic->reference;
    references(control.parts, form, out);
  }
}

std::string title_of(const Form& form, Language language) {
  return form.title().empty() ? form.name() : form.title().in(language);
}

}  // namespace

FormPages::FormPages(Host& host, const Site& site, forms::Models& models)
    : host_(host),
      site_(site),
      models_(models),
      list_(host.target("forms/1", "list")),
      read_(host.target("forms/1", "read")),
      create_(host.target("forms/1", "create")),
      replace_(host.target("forms/1", "replace")),
      remove_(host.target("forms/1", "remove")),
      drafts_(host.target("forms/1", "drafts")),
      draft_(host.target("forms/1", "draft")),
      create_draft_(host.target("forms/1", "create_draft")),
      replace_draft_(host.target("forms/1", "replace_draft")),
      masks_(host.target("forms/1", "masks")),
      remove_draft_(host.target("forms/1", "remove_draft")),
      fuel_(host.config().get<std::uint64_t>("fuel", 200'000)),
      zone_(host.config().get<std::string>("zone", "UTC")) {}

Status FormPages::settings() const {
  if (is_zone(zone_)) return {};
  return Error{Code::invalid,
               "config zone: there is no time zone '" + zone_ + "'; wanted for example Europe/Paris, +02:00 or UTC"};
}

std::shared_ptr<const Plan> FormPages::plan(const forms::FormPtr& form) {
  const auto with_form = [&form](std::shared_ptr<const Plan> laid) {
    const auto both = std::make_shared<const std::pair<forms::FormPtr, std::shared_ptr<const Plan>>>(form, laid);
    return std::shared_ptr<const Plan>(both, laid.get());
  };
  {
    const std::lock_guard lock(mutex_);
    // The address may have been another form's, which is gone.
    const auto found = plans_.find(form.get());
    if (found != plans_.end() && found->second.form.lock() == form) return with_form(found->second.plan);
  }
  const auto made = plan_of(forms::FormPtr(forms::FormPtr(), form.get()), zone_);
  const std::lock_guard lock(mutex_);
  std::erase_if(plans_, [](const auto& entry) { return entry.second.form.expired(); });
  if (plans_.size() >= most_plans) plans_.clear();
  plans_[form.get()] = {form, made};
  return with_form(made);
}

Task<Reply> FormPages::ask(Request request, const Target& target, socle::Meta meta, std::string text, std::string key) {
  meta.set("http.header.accept-language", request.header("accept-language"));
  const Payload body = Payload::make(text, text.empty() ? Media::none : Media::json, meta);
  socle::CallOptions options;
  options.idempotency_key = key;
  co_return co_await host_.call(request, target, body, options);
}

Task<FormPages::Opened> FormPages::open(Request request, bool stored) {
  const std::string name(request.param("form"));
  auto served = co_await models_.find(request, name);
  if (!served) co_return std::move(served).problem();
  auto out = std::make_shared<Open>();
  out->plan = plan(served->form);
  out->served = std::move(*served);
  out->editing.key = random_key();
  if (!request.context().claims().empty()) {
    socle::Meta meta{{"form", name}, {"id", stored ? request.param("id") : std::string_view()}};
    const Reply masks = co_await ask(request, masks_, std::move(meta));
    if (!masks) co_return masks;
    const auto answer = json::Document::parse(masks.text());
    if (!answer) co_return no_json();
    for (const auto one : answer->root().find("hidden").elements()) out->masks.hidden.emplace_back(one.as_string());
    for (const auto one : answer->root().find("read_only").elements())
      out->masks.read_only.emplace_back(one.as_string());
  }
  if (!stored) co_return out;
  out->editing.id = request.param("id");
  socle::Meta meta{{"form", name}, {"id", out->editing.id}};
  const Reply read = co_await ask(request, read_, std::move(meta));
  if (!read) co_return read;
  auto item = json::Document::parse(read.text());
  if (!item) co_return no_json();
  out->item = std::move(*item);
  out->doc = json::to_text(out->stored());
  out->editing.version = json::to_text(out->item.root().find("version"));
  out->editing.record_title = pages::title_of(*out->plan, out->stored(), out->editing.id,
                                              forms::language_of(request.header("accept-language")));
  co_return out;
}

Task<Reply> FormPages::list(Request request) {
  const std::string name(request.param("form"));
  auto served = co_await models_.find(request, name);
  if (!served) co_return site_.problem(request, std::move(served).problem());
  const auto shape = plan(served->form);
  const auto language = forms::language_of(request.header("accept-language"));
  socle::Meta meta{{"form", name}, {"limit", page_size}};
  for (const std::string_view key : {"filter", "cursor", "order"})
    if (!request.param(key).empty()) meta.set(key, request.param(key));
  if (request.param("order").empty()) meta.set("order", "-id");
  const Reply listed = co_await ask(request, list_, std::move(meta));
  const bool bad_filter = !listed && listed.code() == Code::invalid && !request.param("filter").empty();
  if (!listed && !bad_filter) co_return site_.problem(request, listed);
  page::Data data;
  if (bad_filter) data.view("fault", listed.message());
  const auto answer = json::Document::parse(bad_filter ? std::string_view("{\"items\":[]}") : listed.text());
  if (!answer) co_return site_.problem(request, no_json());
  std::vector<page::Data> heads, rows;
  for (const auto* column : shape->columns) {
    page::Data head;
    head.view("label", column->label.in(language))
        .flag("figures", column->widget == Widget::number || column->widget == Widget::integer);
    heads.push_back(std::move(head));
  }
  const auto yes = site_.word(request, "yes"), no = site_.word(request, "no");
  for (const auto item : answer->root().find("items").elements()) {
    std::vector<page::Data> cells;
    for (const auto* column : shape->columns) {
      page::Data cell;
      const auto stored = at(*shape, *column, item.find("doc")).value;
      std::string value = shown_text(*column, stored, language, yes, no);
      if (column->widget == Widget::moment && is_instant(stored.as_string())) cell.view("moment", stored.as_string());
      if (cells.empty() && value.empty()) value = "–";
      cell.view("label", column->label.in(language)).text("value", std::move(value)).flag("first", cells.empty());
      cell.flag("figures", column->widget == Widget::number || column->widget == Widget::integer);
      cell.view("form", name).view("id", item.find("id").as_string());
      cells.push_back(std::move(cell));
    }
    if (cells.empty()) {
      page::Data cell;
      cell.flag("first", true)
          .view("form", name)
          .view("id", item.find("id").as_string())
          .view("value", item.find("id").as_string());
      cells.push_back(std::move(cell));
    }
    page::Data row;
    const auto made = item.find("created_at").as_string();
    row.list("cells", std::move(cells)).view("created", made).text("created_day", shown_moment(zone_, made));
    rows.push_back(std::move(row));
  }
  auto drafts = co_await drafts_of(request, *shape);
  data.flag("drafts_any", !drafts.empty()).list("drafts", std::move(drafts));
  if (shape->columns.empty()) {
    page::Data head;
    head.view("label", "id");
    heads.push_back(std::move(head));
  }
  const std::string title = title_of(*served->form, language);
  data.view("form", name).view("title", title).view("filter", request.param("filter"));
  data.text("example",
            shape->columns.empty() ? "" : served->form->fields()[shape->columns.front()->field].path + " == '…'");
  data.flag("any", !rows.empty()).list("heads", std::move(heads)).list("rows", std::move(rows));
  data.view("next", answer->root().find("next").as_string());
  co_return site_.page(request, {"list", title, Part::forms, bad_filter ? 400 : 200, false}, std::move(data));
}

// What the caller keeps for later; nothing when he may not make records.
Task<std::vector<page::Data>> FormPages::drafts_of(Request request, const Plan& plan) {
  std::vector<page::Data> out;
  const std::string name(request.param("form"));
  socle::Meta meta{{"form", name}};
  const Reply listed = co_await ask(request, drafts_, std::move(meta));
  const auto answer = json::Document::parse(listed ? listed.text() : std::string_view("{}"));
  if (!answer) co_return out;
  const auto language = forms::language_of(request.header("accept-language"));
  for (const auto item : answer->root().find("items").elements()) {
    const auto id = item.find("id").as_string(), kept = item.find("updated_at").as_string();
    page::Data one;
    one.text("form", name)
        .text("id", std::string(id))
        .text("label", pages::title_of(plan, item.find("doc"), id, language));
    one.text("kept", std::string(kept)).text("kept_day", shown_moment(zone_, kept));
    out.push_back(std::move(one));
  }
  co_return out;
}

Task<Reply> FormPages::remove_draft(Request request) {
  const auto body = page::FormBody::parse(request.text());
  if (!body || !site_.genuine(request, *body)) co_return site_.stale(request);
  const std::string form(request.param("form"));
  socle::Meta meta{{"form", form}, {"id", request.param("id")}};
  const Reply gone = co_await ask(request, remove_draft_, std::move(meta));
  if (!gone) co_return site_.problem(request, gone, "/forms/" + form);
  co_return Site::go("/forms/" + form, "deleted");
}

Task<Reply> FormPages::record(Request request) {
  auto opened = co_await open(request, true);
  if (!opened)
    co_return site_.problem(request, std::move(opened).problem(), "/forms/" + std::string(request.param("form")));
  (void)co_await fetch_names(request, **opened);
  const Open& open = **opened;
  const forms::Asking asking(host_, request);
  cel::Arena arena;
  forms::Evaluation evaluation(*open.served.form, call_of(asking, open, open.stored()), arena);
  (void)evaluation.run();
  const Shown shown{*open.plan,      evaluation, open.stored(),     open.faults,
                    open.candidates, messages(), asking.language(), &open.masks};
  const auto root = open.item.root();
  const auto& form = *open.served.form;
  page::Data data;
  data.view("form", form.name()).text("form_title", title_of(form, asking.language())).view("id", open.editing.id);
  data.view("title", open.editing.record_title).list("steps", values(shown)).view("version", open.editing.version);
  data.text("made", site_.filled(request, "created_by", {shown_moment(zone_, root.find("created_at").as_string())}));
  if (root.find("version").as_int64().value_or(1) > 1)
    data.text("changed",
              site_.filled(request, "changed_by", {shown_moment(zone_, root.find("updated_at").as_string())}));
  std::vector<page::Data> rules;
  for (const auto& [ruleset, output] : root.find("rules").members())
    for (const auto& [key, value] : output.members()) {
      page::Data one;
      one.text("label", std::string(key))
          .text("value", value.is_string() ? std::string(value.as_string()) : json::to_text(value));
      rules.push_back(std::move(one));
    }
  data.flag("decided", !rules.empty()).list("rules", std::move(rules));
  co_return site_.page(request, {"record", open.editing.record_title, Part::forms, 200, false}, std::move(data));
}

Task<Reply> FormPages::blank(Request request) {
  auto opened = co_await open(request, false);
  if (!opened) co_return site_.problem(request, std::move(opened).problem());
  if (request.has_param("draft")) {
    socle::Meta meta{{"form", request.param("form")}, {"id", request.param("draft")}};
    const Reply kept = co_await ask(request, draft_, std::move(meta));
    if (!kept) co_return site_.problem(request, kept, "/forms/" + std::string(request.param("form")));
    const auto draft = json::Document::parse(kept.text());
    if (!draft) co_return site_.problem(request, no_json());
    (*opened)->doc = json::to_text(draft->root().find("doc"));
    (*opened)->editing.draft = request.param("draft");
  }
  (void)co_await fetch_candidates(request, **opened);
  co_return show(request, **opened);
}

Task<Reply> FormPages::edit(Request request) {
  auto opened = co_await open(request, true);
  if (!opened)
    co_return site_.problem(request, std::move(opened).problem(), "/forms/" + std::string(request.param("form")));
  (void)co_await fetch_candidates(request, **opened);
  co_return show(request, **opened);
}

Task<bool> FormPages::fetch_candidates(Request request, Open& open) {
  std::map<std::uint32_t, std::string> wanted;
  for (const auto& step : open.plan->steps)
    for (const auto& group : step.groups) references(group.controls, *open.served.form, wanted);
  const auto language = forms::language_of(request.header("accept-language"));
  std::vector<std::pair<std::uint32_t, std::string>> asked(wanted.begin(), wanted.end());
  for (std::size_t i = 0; i < asked.size(); ++i) {
    socle::Meta meta{{"form", asked[i].second}, {"limit", most_candidates}, {"order", "-id"}};
    const Reply listed = co_await ask(request, list_, std::move(meta));
    auto target = co_await models_.find(request, asked[i].second);
    const auto answer = json::Document::parse(listed ? listed.text() : std::string_view());
    // Of more than can be listed, or of what may not be listed, the id is typed.
    if (!listed || !target || !answer || answer->root().find("next").is_string()) continue;
    const auto shape = plan(target->form);
    auto& list = open.candidates[asked[i].first];
    for (const auto item : answer->root().find("items").elements()) {
      const auto id = item.find("id").as_string();
      list.emplace_back(id, pages::title_of(*shape, item.find("doc"), id, language));
    }
  }
  co_return true;
}

// What the records that this one names are called, as far as whoever looks may see them. A form that cannot be asked
// leaves ids, and so does more than one answer holds.
Task<bool> FormPages::fetch_names(Request request, Open& open) {
  struct Asked {
    std::uint32_t field;
    std::string path;
    std::shared_ptr<const Plan> shape;
  };
  std::vector<Asked> asked;
  std::string paths;
  for (const auto& logic : open.served.form->logic()) {
    if (logic.reference.empty()) continue;
    const auto& path = open.served.form->fields()[logic.field].path;
    const auto said = forms::split_names(path);
    if (said.size() != 1 || said[0] != path) continue;  // a name that no list of names can hold
    auto target = co_await models_.find(request, logic.reference);
    if (!target) continue;
    asked.push_back({logic.field, path, plan(target->form)});
    paths.append(paths.empty() ? "" : ",").append(path);
  }
  if (asked.empty()) co_return true;
  const std::string name(request.param("form"));
  const auto language = forms::language_of(request.header("accept-language"));
  socle::Meta meta{{"form", name}, {"id", open.editing.id}, {"expand", paths}};
  const Reply read = co_await ask(request, read_, std::move(meta));
  const auto answer = json::Document::parse(read ? read.text() : std::string_view());
  if (!read || !answer) co_return true;
  for (const auto& [field, path, shape] : asked) {
    std::map<std::string, std::string, std::less<>> titles;
    std::vector<json::View> found{answer->root().find("expand").find(path)};
    for (std::size_t i = 0; i < found.size(); ++i) {
      const auto one = found[i];
      for (const auto inner : one.elements()) found.push_back(inner);
      if (!one.is_object()) continue;
      const auto id = one.find("id").as_string();
      if (!titles.contains(id)) titles.emplace(id, pages::title_of(*shape, one.find("doc"), id, language));
    }
    open.candidates[field].assign(titles.begin(), titles.end());
  }
  co_return true;
}

Reply FormPages::show(const Request& request, Open& open) const {
  const forms::Asking asking(host_, request);
  const auto doc = json::Document::parse(open.doc);
  if (!doc) return site_.problem(request, Reply::error(Code::invalid, "bad_request", doc.error().message));
  cel::Arena arena;
  const auto call = call_of(asking, open, doc->root());
  forms::Evaluation evaluation(*open.served.form, call, arena);
  const forms::Evaluation untouched(*open.served.form, call, arena);
  // A record too long to be followed here is shown as it came; it is judged when it is saved.
  const bool ran = evaluation.run();
  const auto after = json::Document::parse(ran && evaluation.changed() ? evaluation.document() : open.doc);
  const Shown shown{*open.plan,
                    ran ? evaluation : untouched,
                    after ? after->root() : doc->root(),
                    open.faults,
                    open.candidates,
                    messages(),
                    asking.language(),
                    &open.masks};
  auto data = edit_data(shown, open.editing);
  const std::string title = title_of(*open.served.form, asking.language());
  return site_.page(request, {"edit", title, Part::forms, open.status, true}, std::move(data));
}

Task<Reply> FormPages::ask_delete(Request request) {
  auto opened = co_await open(request, true);
  if (!opened) co_return site_.problem(request, std::move(opened).problem());
  const std::string path = "/forms/" + std::string(request.param("form")) + "/" + (*opened)->editing.id;
  const std::string title(site_.word(request, "delete_record"));
  page::Data data;
  data.view("title", title)
      .text("text", (*opened)->editing.record_title + ". " + std::string(site_.word(request, "delete_text")));
  data.text("action", path + "/delete").text("cancel", path).view("label", site_.word(request, "delete"));
  co_return site_.page(request, {"confirm", title, Part::forms, 200, false}, std::move(data));
}

Task<Reply> FormPages::remove(Request request) {
  const auto body = page::FormBody::parse(request.text());
  if (!body || !site_.genuine(request, *body)) co_return site_.stale(request);
  const std::string form(request.param("form"));
  socle::Meta meta{{"form", form}, {"id", request.param("id")}};
  const Reply gone = co_await ask(request, remove_, std::move(meta));
  if (!gone) co_return site_.problem(request, gone, "/forms/" + form);
  co_return Site::go("/forms/" + form, "deleted");
}

}  // namespace socle::pages

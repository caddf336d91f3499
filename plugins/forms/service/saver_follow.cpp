// saver_follow.cpp: what a deletion does to the records that refer to what it deletes, by their references' on_delete:
// it is refused (restrict), empties the field (clear), or takes them along (cascade), and so on from those.
//
// All of it is in the deletion's own batch. Each record is expected in the version that was read; that no other came
// meanwhile is what guards are for: a write that brings a new reference changes the guard of what it names, and the
// deletion expects the guard as it was before it looked for referrers. Whoever is overtaken begins again.
#include <tuple>

#include "logic/messages.hpp"
#include "records/filter.hpp"
#include "records/mask.hpp"
#include "records/named.hpp"
#include "records/removal.hpp"
#include "records/texts.hpp"
#include "service/followers.hpp"
#include "service/referrers.hpp"
#include "service/saver.hpp"
#include "socle/json/pointer.hpp"

namespace socle::forms {
namespace {

constexpr std::size_t most_follower_bytes = std::size_t{16} << 20;  // of the records that are read for one deletion

Reply too_many(const std::string& found) {
  return Reply::error(Code::conflict, "too_many_referrers",
                      "found " + found +
                          "; one deletion changes at most 1000 records of together 16 MiB: delete or "
                          "change some of them first")
      .with_status(409);
}

std::string count_text(json::View answer, Language language) {
  const bool exact = answer.find("count_exact").as_bool();
  const auto* least = language == Language::zh ? "至少 " : "at least ";
  return (exact ? "" : least) + std::to_string(answer.find("count").as_uint64().value_or(0));
}

std::string referring(const std::string& form, const std::string& path) {
  return " records of form '" + form + "' whose '" + path + "' names what is to be deleted";
}

// `count`: in words.
std::string held_message(const std::string& count, const std::string& form, const std::string& path,
                         Language language) {
  if (language == Language::zh)
    return "表单“" + form + "”中有 " + count + " 条记录的“" + path + "”引用了要删除的记录：请先修改或删除它们";
  return "found " + count + referring(form, path) + ": change or delete them first";
}

Reply referenced(const std::vector<FieldError>& errors) {
  return Reply::error(Code::conflict, "referenced", errors[0].message, errors_text(errors)).with_status(409);
}

Reply not_cleared(const Form& form, const std::string& id, const std::string& why) {
  return Reply::error(Code::conflict, "referrer_refused",
                      "record '" + id + "' of form '" + form.name() +
                          "' names what is to be deleted and cannot be cleared: " + why)
      .with_status(409);
}

// `fields`: JSON; "": all.
std::string referrers_query(const Inbound& by, const std::string& id, const std::string& cursor,
                            std::string_view fields) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("collection", collection_of(by.served.form->name())).key("filter").begin_object();
  out.member("op", "eq").member("field", "/doc" + by.pointer).member("type", "string").member("value", id).end_object();
  out.member("limit", most_operations);
  if (cursor.empty())
    out.member("count", "estimated");
  else
    out.member("cursor", cursor);
  out.end_object();
  append_fields(text, fields);
  return text;
}

}  // namespace

// The fields of published forms that may name records of this one, and what they want then.
Task<Got<std::vector<Inbound>>> Saver::inbound_of(Request request, const std::string& target) {
  auto names = co_await referrers_.of(request, target);
  if (!names) co_return std::move(names).problem();
  std::vector<Inbound> out;
  for (const auto& name : *names) {
    auto served = co_await models_.find(request, name);
    if (!served) {
      Reply problem = std::move(served).problem();
      if (problem.error_code() == "unknown_form") continue;
      co_return problem;
    }
    const Form& form = *served->form;
    for (const auto& logic : form.logic())
      if (logic.on_delete != OnDelete::keep && logic.reference == target)
        out.push_back({*served, form.fields()[logic.field].pointer, form.fields()[logic.field].path, logic.on_delete});
  }
  co_return out;
}

// Adds those that name `one` by this field. Those that go too are read as far as their deletion needs; that a policy
// judges them, so that they must be read whole, is asked once there is one.
Task<Got<bool>> Saver::find_referrers(Request request, const Inbound& by, const Gone& one, Followers& out) {
  const std::string& form = by.served.form->name();
  const bool goes = by.on_delete == OnDelete::cascade;
  auto known = out.removals.find(form);
  std::string fields, cursor;
  if (by.on_delete == OnDelete::refuse) fields = R"(["/model_version"])";  // of those that only hold it: they are there
  if (goes) fields = known != out.removals.end() ? known->second.fields : fields_of_removal(*out.served.at(form).form);
  for (;;) {
    const std::string text = referrers_query(by, one.name.second, cursor, fields);
    const Reply reply = co_await query(request, text);
    if (!reply) co_return reply;
    auto answer = json::Document::parse(reply.text());
    if (!answer) co_return Reply::error(Code::internal, "internal", "storage/1 answered no JSON");
    const auto root = answer->root();
    // Extrapolated where the index does not serve yet, and wrong of a page that holds all.
    if (cursor.empty() && root.find("next").is_string() &&
        root.find("count").as_uint64().value_or(0) > most_operations) {
      if (by.on_delete != OnDelete::refuse)
        co_return too_many(count_text(root, Language::en) + referring(form, by.path));
      co_return referenced({{out.many ? below("", one.row) : std::string(),
                             "referenced",
                             held_message(count_text(root, out.language), form, by.path, out.language),
                             {}}});
    }
    if (goes && known == out.removals.end() && !root.find("items").empty()) {
      auto asked = co_await removal(request, *out.served.at(form).form);
      if (!asked) co_return std::move(asked).problem();
      known = out.removals.emplace(form, std::move(*asked)).first;
      if (known->second.fields != fields) {
        fields = known->second.fields;
        continue;
      }
    }
    for (const auto item : root.find("items").elements()) {
      Followers::Name name{form, std::string(item.find("id").as_string())};
      if (out.written.contains(name)) continue;
      if (by.on_delete == OnDelete::refuse) {
        out.held.emplace(std::pair(std::move(name), by.path), one.row);
      } else if (by.on_delete == OnDelete::cascade) {
        if (out.deleted.emplace(name, item).second) out.gone.push_back({std::move(name), one.row});
      } else {
        auto& cleared = out.cleared[std::move(name)];
        if (!cleared.item.exists()) cleared.item = item;  // the first: if it changed since, its version tells
        cleared.pointers.push_back(by.pointer);
      }
    }
    cursor = root.find("next").as_string();
    if (by.on_delete != OnDelete::refuse) {
      out.bytes += reply.text().size();
      out.documents.push_back(std::move(*answer));
    }
    const auto found = out.deleted.size() + out.cleared.size();
    if (found > most_operations || out.held.size() > most_operations || out.bytes > most_follower_bytes)
      co_return too_many(std::to_string(found + out.held.size()) +
                         " or more records that refer to what is to be deleted");
    if (cursor.empty()) co_return true;
  }
}

Task<Got<bool>> Saver::follow_one(Request request, const Gone& one, Followers& out) {
  const auto& form = one.name.first;
  if (!out.inbound.contains(form)) {
    auto found = co_await inbound_of(request, form);
    if (!found) co_return std::move(found).problem();
    for (const auto& by : *found) out.served.emplace(by.served.form->name(), by.served);
    out.inbound.emplace(form, std::move(*found));
  }
  const auto& inbound = out.inbound.at(form);
  if (inbound.empty()) co_return true;
  // The guard before the referrers: who comes later has changed it.
  std::string text;
  json::Writer ask(text);
  ask.begin_object().member("collection", guard_collection);
  ask.member("id", guard_of(form, one.name.second)).end_object();
  const Reply guard = co_await host_.call(request, get_, Payload::json(text));
  if (!guard && guard.error_code() != "not_found") co_return guard;
  const auto known = json::Document::parse(guard ? guard.text() : std::string_view("{}"));
  if (!known) co_return Reply::error(Code::internal, "internal", "storage/1 answered no JSON");
  out.guards.push_back({one.name, known->root().find("version").as_uint64().value_or(0)});
  for (const auto& by : inbound) {
    auto done = co_await find_referrers(request, by, one, out);
    if (!done) co_return done;
  }
  co_return true;
}

// One entry for each row, form and field that hold what is to be deleted; what goes with it holds nothing.
std::vector<FieldError> Saver::held_back(const Followers& followers) {
  std::map<std::tuple<std::size_t, std::string, std::string>, std::size_t> counts;
  for (const auto& [by, row] : followers.held)
    if (!followers.deleted.contains(by.first)) ++counts[{row, by.first.first, by.second}];
  std::vector<FieldError> errors;
  for (const auto& [where, count] : counts) {
    const auto& [row, form, path] = where;
    std::string params;
    json::Writer(params).begin_object().member("form", form).member("field", path).member("count", count).end_object();
    errors.push_back({followers.many ? below("", row) : std::string(), "referenced",
                      held_message(std::to_string(count), form, path, followers.language), std::move(params)});
  }
  return errors;
}

std::vector<FieldError> Saver::lost_references(const Form& form, const std::vector<Row>& rows,
                                               const Followers& followers) {
  std::vector<FieldError> errors;
  if (followers.deleted.empty() || !form.has_references()) return errors;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].kind == Row::Kind::remove) continue;
    const auto doc = json::Document::parse(rows[i].text);
    if (!doc) continue;
    for (const auto& logic : form.logic()) {
      if (logic.reference.empty()) continue;
      for (const auto& one : named_in(form.fields(), logic.field, doc->root())) {
        if (!followers.deleted.contains({logic.reference, std::string(one.id)})) continue;
        const std::string row = followers.many ? below("", i) + "/doc" : std::string();
        errors.push_back({row + one.pointer, "reference", reference_message(logic.reference, followers.language), {}});
      }
    }
  }
  return errors;
}

// Everything that the rows' deletions reach, judged and allowed as if the caller had asked for each change himself.
Task<Got<bool>> Saver::follow(Request request, const Asking& asking, const Served& served, const std::vector<Row>& rows,
                              Followers& out) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].kind == Row::Kind::create) continue;
    out.written.emplace(served.form->name(), rows[i].id);
    if (rows[i].kind == Row::Kind::remove) out.gone.push_back({{served.form->name(), rows[i].id}, i});
  }
  for (std::size_t next = 0; next < out.gone.size(); ++next) {
    const auto one = out.gone[next];  // a copy: more are added meanwhile
    auto done = co_await follow_one(request, one, out);
    if (!done) co_return done;
    if (auto paused = co_await host_.pause(); !paused) co_return Reply(std::move(paused).error());
  }
  const auto held = held_back(out);
  if (!held.empty()) co_return referenced(held);
  auto lost = lost_references(*served.form, rows, out);
  if (!lost.empty())
    co_return co_await refused(request, asking, *served.form, rows, out.many ? Refusal::batch : Refusal::one,
                               rows.size(), lost);
  for (const auto& [name, item] : out.deleted) {
    auto& of = out.forms[name.first];
    auto& reach = of.batch.reach[static_cast<std::size_t>(Row::Kind::remove)];
    if (!reach) reach = out.removals.at(name.first).reach;
    of.rows.emplace_back().kind = Row::Kind::remove;
    of.rows.back().id = name.second;
    of.rows.back().stored = item;
    of.cleared.emplace_back();
  }
  for (auto& [name, one] : out.cleared) {
    if (out.deleted.contains(name)) continue;
    auto bare = without(doc_of(one.item), "", one.pointers);
    if (!bare) co_return Reply(std::move(bare).error());
    out.documents.push_back(std::move(*bare));
    auto& of = out.forms[name.first];
    of.rows.emplace_back().kind = Row::Kind::replace;
    of.rows.back().id = name.second;
    of.rows.back().stored = one.item;
    of.rows.back().doc = out.documents.back().root();
    of.cleared.push_back(std::move(one.pointers));
  }
  for (auto& entry : out.forms) {
    entry.second.served = out.served.at(entry.first);
    auto done = co_await prepare_followers(request, asking, entry.second);
    if (!done) co_return done;
  }
  co_return true;
}

Task<Got<bool>> Saver::prepare_followers(Request request, const Asking& asking, OfForm& of) {
  for (std::size_t i = 0; i < of.rows.size(); ++i) {
    auto& row = of.rows[i];
    auto done = co_await prepare_row(request, asking, of.served, row, of.batch);
    if (!done) co_return done;
    if (!row.errors.empty()) co_return co_await told_not_cleared(request, asking, of, row);
    if (!of.cleared[i].empty()) {
      const auto doc = json::Document::parse(row.text);
      for (const auto& pointer : of.cleared[i]) {
        const auto left = doc ? json::resolve(doc->root(), pointer) : Result<json::View>(json::View());
        if (left && !left->as_string().empty())
          co_return not_cleared(*of.served.form, row.id, pointer + " is read-only, or the form's logic gives it");
      }
    }
    if (auto paused = co_await host_.pause(); !paused) co_return Reply(std::move(paused).error());
  }
  co_return true;
}

// Faults are found before it is decided whether the caller may change the record, and they tell what is in it.
Task<Reply> Saver::told_not_cleared(Request request, const Asking& asking, OfForm& of, const Row& row) const {
  const Form& form = *of.served.form;
  const auto& reach = of.batch.reach[static_cast<std::size_t>(row.kind)];
  if (reach && !reach->certain) {
    const std::string stored = envelope_of(row.stored);
    auto may = co_await warden_.decide(request, asking, form, "update", stored, stored);
    if (!may) co_return std::move(may).problem();
  }
  const auto& fault = row.errors[0];
  const auto* rule = form.access(Action::read);
  const bool readable =
      rule == nullptr || allows(form, rule->rule, asking.known("read"), doc_of(row.stored), {}, facts_of(row.stored));
  auto hidden = co_await warden_.sight(request, asking, form, row.stored, nullptr);
  if (!readable || !hidden || covers(*hidden, fault.pointer))
    co_return not_cleared(form, row.id, "its form objects to something that you may not see");
  co_return not_cleared(form, row.id, (fault.pointer.empty() ? "" : fault.pointer + ": ") + fault.message);
}

}  // namespace socle::forms

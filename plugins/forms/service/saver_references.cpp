// saver_references.cpp: which of the records that rows name are not there. A save asks only once it is refused, so that
// one answer tells all of them: the write's own checks end at the first. What writes nothing asks here alone. Of what
// one write does not hold nothing is asked.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "logic/messages.hpp"
#include "records/named.hpp"
#include "records/texts.hpp"
#include "service/presences.hpp"
#include "service/saver.hpp"
#include "socle/json/pointer.hpp"

namespace socle::forms {
namespace {

constexpr std::size_t asked_at_once = 1000;  // ids of one "get"
constexpr std::size_t most_absent = 200;     // of one record, as of its schema

using There = std::map<std::pair<std::string_view, std::string>, bool>;  // form and id: whether it is there

// Adds what a record names and has to be asked: only ids of ours can be there.
void add_named(const Form& form, json::View doc, There& there) {
  for (const auto& logic : form.logic()) {
    if (logic.reference.empty()) continue;
    for (const auto& one : named_in(form.fields(), logic.field, doc))
      if (is_record_id(one.id)) there.try_emplace({logic.reference, std::string(one.id)}, false);
  }
}

// Of one record. How many there are is known, how much is said of them is bounded.
std::vector<FieldError> absent_of(const Form& form, json::View doc, const There& there, Language language) {
  std::vector<FieldError> out;
  std::size_t untold = 0;
  for (const auto& logic : form.logic()) {
    if (logic.reference.empty()) continue;
    const auto message = reference_message(logic.reference, language);
    for (auto& one : named_in(form.fields(), logic.field, doc)) {
      const auto found = there.find({logic.reference, std::string(one.id)});
      if (found != there.end() && found->second) continue;
      if (out.size() < most_absent)
        out.push_back({std::move(one.pointer), "reference", message, {}});
      else
        ++untold;
    }
  }
  if (untold > 0) out.push_back({"", "more", more_message(untold, language), {}});
  return out;
}

// Of one form, from `from` on. A short answer says how many it has looked at by its length.
std::string question_for(const std::vector<There::iterator>& asked, std::size_t from) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("collection", collection_of(asked[from]->first.first)).key("ids").begin_array();
  for (auto i = from; i < asked.size(); ++i) out.string(asked[i]->first.second);
  out.end_array().key("fields").begin_array().string("/model_version").end_array().end_object();
  return text;
}

// With `operations` besides its references.
bool too_large(const Presences& wanted, std::size_t operations) {
  return wanted.full() || operations + wanted.operations() > most_operations;
}
FieldError too_large_error(const Presences& wanted, std::size_t operations, Language language) {
  std::string params;
  json::Writer(params).begin_object().member("limit", most_operations).end_object();
  return {"", "batch_too_large", too_large_message(operations + wanted.operations(), wanted.full(), language),
          std::move(params)};
}

// By row, where pointers begin with its number, then by place.
void sort_errors(std::vector<FieldError>& errors, bool many) {
  const auto row_of = [many](std::string_view pointer) {
    return many && !pointer.empty() ? json::array_index(pointer.substr(1, pointer.find('/', 1) - 1)) : 0;
  };
  std::stable_sort(errors.begin(), errors.end(), [&](const FieldError& a, const FieldError& b) {
    return std::tuple(row_of(a.pointer), std::string_view(a.pointer)) <
           std::tuple(row_of(b.pointer), std::string_view(b.pointer));
  });
}

}  // namespace

Task<Got<bool>> Saver::look_up(Request request, const Asking& asking, const Form& form, std::vector<Row>& rows,
                               const std::vector<std::size_t>& operations, bool faulty_only) {
  std::size_t from = 0, named = 0;  // by the rows from there on, which are asked for together
  for (std::size_t i = 0;; ++i) {
    const bool end = i == rows.size();
    std::size_t more = 0;
    if (!end && !rows[i].known_text().empty() && !(faulty_only && rows[i].asked_text.empty())) {
      auto& row = rows[i];
      Presences wanted;
      if (form.has_references())
        if (const auto doc = json::Document::parse(row.known_text()))
          wanted.add(form, i, doc->root(), doc_of(row.stored), false);
      if (too_large(wanted, operations[i])) {
        row.errors.push_back(too_large_error(wanted, operations[i], asking.language()));
        row.text.clear();
        row.asked_text.clear();
      } else {
        more = wanted.all().size();
      }
      if (auto paused = co_await host_.pause(); !paused) co_return Reply(std::move(paused).error());
    }
    if (end || named + more > most_operations) {
      const auto together = std::span<const Row>(rows).subspan(from, i - from);
      std::vector<std::vector<FieldError>> absent;
      if (auto asked = co_await find_absent(request, asking, form, together, faulty_only, absent); !asked)
        co_return std::move(asked).problem();
      for (std::size_t k = 0; k < absent.size(); ++k) {
        auto& errors = rows[from + k].errors;
        for (auto& error : absent[k]) errors.push_back(std::move(error));
        sort_errors(errors, false);
      }
      from = i;
      named = 0;
    }
    if (end) co_return true;
    named += more;
  }
}

Task<Got<bool>> Saver::find_absent(Request request, const Asking& asking, const Form& form, std::span<const Row> rows,
                                   bool faulty_only, std::vector<std::vector<FieldError>>& out) {
  out.assign(rows.size(), {});
  if (!form.has_references()) co_return true;
  const auto passed_over = [&](const Row& row) {
    return row.kind == Row::Kind::remove || row.known_text().empty() || (faulty_only && row.asked_text.empty());
  };
  There there;
  for (const auto& row : rows) {
    if (passed_over(row)) continue;
    if (const auto doc = json::Document::parse(row.known_text())) add_named(form, doc->root(), there);
    if (auto paused = co_await host_.pause(); !paused) co_return Reply(std::move(paused).error());
  }
  for (auto next = there.begin(); next != there.end();) {
    const auto of = next->first.first;
    std::vector<There::iterator> asked;
    for (; next != there.end() && next->first.first == of && asked.size() < asked_at_once; ++next)
      asked.push_back(next);
    for (std::size_t from = 0; from < asked.size();) {
      const std::string text = question_for(asked, from);
      const Reply reply = co_await host_.call(request, get_, Payload::json(text));
      if (!reply && reply.error_code() == "unknown_collection") break;  // a form that never was published
      if (!reply) co_return reply;
      const auto answer = json::Document::parse(reply.text());
      const auto items = answer ? answer->root().find("items") : json::View();
      if (items.empty() || items.size() > asked.size() - from)
        co_return Reply::error(Code::internal, "internal", "storage/1 answered no items");
      for (const auto item : items.elements()) asked[from++]->second = item.is_object();
    }
  }
  // What the batch itself deletes goes before its references are asked for.
  for (const auto& row : rows)
    if (row.kind == Row::Kind::remove)
      if (const auto gone = there.find({form.name(), row.id}); gone != there.end()) gone->second = false;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (passed_over(rows[i])) continue;
    if (const auto doc = json::Document::parse(rows[i].known_text()))
      out[i] = absent_of(form, doc->root(), there, asking.language());
    if (auto paused = co_await host_.pause(); !paused) co_return Reply(std::move(paused).error());
  }
  co_return true;
}

Task<Reply> Saver::refused(Request request, const Asking& asking, const Form& form, const std::vector<Row>& rows,
                           Refusal refusal, std::size_t operations, std::vector<FieldError>& errors) {
  const bool many = refusal != Refusal::one;
  if (refusal == Refusal::unread) co_return invalid_record(errors, asking.language());
  Presences wanted;
  for (std::size_t i = 0; form.has_references() && i < rows.size() && !wanted.full(); ++i) {
    if (const auto doc = json::Document::parse(rows[i].known_text()))
      wanted.add(form, i, doc->root(), doc_of(rows[i].stored), false);
    // When there is no time left, what is known already is told; so it is when the store does not answer.
    if (auto paused = co_await host_.pause(); !paused) co_return invalid_record(errors, asking.language());
  }
  std::vector<std::vector<FieldError>> absent;
  if (too_large(wanted, operations)) {
    errors.push_back(too_large_error(wanted, operations, asking.language()));
  } else if (auto asked = co_await find_absent(request, asking, form, rows, false, absent); !asked) {
    absent.clear();
  }
  std::set<std::string> told;  // by the write, or before it
  for (const auto& error : errors)
    if (error.code == "reference") told.insert(error.pointer);
  for (std::size_t i = 0; i < absent.size(); ++i)
    for (auto& error : absent[i]) {
      if (many) error.pointer.insert(0, below("", i) + "/doc");
      if (!told.contains(error.pointer)) errors.push_back(std::move(error));
    }
  sort_errors(errors, many);
  co_return invalid_record(errors, asking.language());
}

}  // namespace socle::forms

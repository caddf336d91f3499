// saver.hpp: from documents to a committed batch: judging, access, rulesets, sequence numbers, references, what a
// deletion does to those who refer to it, one write.
// Every way of changing records goes through here. On the caller's worker; long evaluations run on the offload pool.
#pragma once

#include <socle/plugin.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "service/asking.hpp"
#include "service/attachments.hpp"
#include "service/got.hpp"
#include "service/models.hpp"
#include "service/warden.hpp"

namespace socle::forms {

// One change of one record. Views live in documents of the caller.
struct Row {
  enum class Kind : std::uint8_t { create, replace, remove };
  Kind kind = Kind::create;
  std::string id;                   // "" on creation
  std::string draft;                // of a creation: the draft that goes with it, or ""
  json::View doc;                   // what is asked for; not of remove
  json::View stored;                // storage's item; not of create
  std::string text;                 // out: the document to keep; "" with errors
  std::string asked_text;           // out: with errors, the document as far as its references can be asked for
  std::string rules;                // out: rulesets' outputs, JSON object or ""
  std::vector<std::string> hidden;  // out: pointers to fields of it that the writer may not see
  std::vector<FieldError> errors;   // out
  [[nodiscard]] const std::string& known_text() const { return text.empty() ? asked_text : text; }
};

struct Written {
  json::Document reply;  // {results: […]}, one result a row, in order
  bool replayed = false;
};

// What the caller may delete, asked before the records are read, and what of them that needs.
struct Removal {
  Reach reach;
  std::string fields;  // of storage/1, JSON; "": the whole records
};

// What a refusal of a save is about: one record; rows, with pointers that begin with their numbers; the same, but
// nobody reads it, so that nothing is looked up for it.
enum class Refusal : std::uint8_t { one, batch, unread };

struct Inbound;

class Saver {
 public:
  // All must outlive it.
  Saver(Host& host, const Warden& warden, Models& models, Referrers& referrers);

  // Judges all rows and decides access; numbers sequences as they would be numbered now. The problem is of the whole
  // call (denied, out of budget, a ruleset that is not there); what is wrong with a record is in its row.errors.
  // Whether the records are there that a row names is asked of faulty rows, and with `all` of all of them: then no save
  // comes after it, which would ask. Each row is measured as a write of its own: what none holds is an error.
  Task<Got<bool>> prepare(Request request, const Asking& asking, const Served& served, std::vector<Row>& rows,
                          bool all);
  // The same, then writes all rows or none; again when another writer was first with a sequence. `key`: key_of(), or
  // "". `removal`: with which the rows to remove were read; the whole save judges by it. nullptr: none is removed, or
  // they were read whole.
  Task<Got<Written>> save(Request request, const Asking& asking, const Served& served, std::vector<Row>& rows,
                          const std::string& key, Refusal refusal, const Removal* removal = nullptr);

  // What this request has written under this key before; nothing when it has not (or key is "").
  Task<std::optional<Written>> replay(Request request, const std::string& key);

  Task<Got<Removal>> removal(Request request, const Form& form) const;

  // `fields` as in Removal; the caller's until it is answered.
  Task<Reply> get(Context context, const std::string& form, const std::string& id, std::string_view fields = {});
  Task<Reply> get_many(Context context, const std::string& form, std::span<const std::string> ids,
                       std::string_view fields = {});
  Task<Reply> query(Context context, const std::string& text);

  // "" without an Idempotency-Key; else the key inside of this form and principal.
  [[nodiscard]] static std::string key_of(Request request, const Served& served);

 private:
  struct Counter {
    std::string id;
    std::uint64_t number = 0, version = 0;
  };
  struct Batch;
  struct Followers;
  struct OfForm;
  struct Gone;
  Task<Got<Verdict>> judged(Request request, const Form& form, Call& call, Language language);
  // The fields that are not his to write become what they were; the rest of what may keep him from writing at all is
  // decided of the finished record.
  Task<Got<std::optional<json::Document>>> masked(Request request, const Asking& asking, const Form& form, Row& row,
                                                  const Reach& reach) const;
  Task<Got<bool>> decided(Request request, const Asking& asking, const Form& form, Row& row, const Reach& reach,
                          const RecordFacts& facts) const;
  Task<Got<bool>> prepare_row(Request request, const Asking& asking, const Served& served, Row& row, Batch& batch);
  Task<Got<bool>> attach(Request request, const Asking& asking, const Form& form, Row& row, Batch& batch);
  Task<Got<bool>> evaluate_rulesets(Request request, const Served& served, Row& row);
  Task<Got<bool>> read_counters(Request request, const Asking& asking, const Form& form, Batch& batch);
  Task<Got<Written>> write(Request request, const Asking& asking, const Served& served, const std::vector<Row>& rows,
                           const std::string& key, const Batch& batch, const Followers& followers);
  // What a refusal of storage's means; when a record is at fault, `faults` says how and the reply nothing. `own`: how
  // many of the operations are not the followers' and guards'.
  Reply told(const Reply& refused, const Asking& asking, std::size_t rows, const std::vector<std::string>& references,
             const Batch& batch, const Form& form, std::size_t own, std::vector<FieldError>& faults) const;

  // How many operations of storage's the rows take; not their references, guards and followers.
  static std::size_t operations_of(const std::vector<Row>& rows, const Batch& batch);

  // saver_references.cpp: the records that rows name and that are not there.
  // Of rows without a save; `operations`: of each, without its references. At most most_operations at a time.
  Task<Got<bool>> look_up(Request request, const Asking& asking, const Form& form, std::vector<Row>& rows,
                          const std::vector<std::size_t>& operations, bool faulty_only);
  // `out`: of each row, with pointers into its document. Rows without a text are passed over; `faulty_only`: those
  // without errors too.
  Task<Got<bool>> find_absent(Request request, const Asking& asking, const Form& form, std::span<const Row> rows,
                              bool faulty_only, std::vector<std::vector<FieldError>>& out);
  // 422 with `errors`, and with all of those besides, or that one write does not hold them. `operations`: without
  // references.
  Task<Reply> refused(Request request, const Asking& asking, const Form& form, const std::vector<Row>& rows,
                      Refusal refusal, std::size_t operations, std::vector<FieldError>& errors);

  // saver_follow.cpp: the records that refer to what is deleted.
  Task<Got<bool>> follow(Request request, const Asking& asking, const Served& served, const std::vector<Row>& rows,
                         Followers& out);
  Task<Got<std::vector<Inbound>>> inbound_of(Request request, const std::string& target);
  Task<Got<bool>> follow_one(Request request, const Gone& one, Followers& out);
  Task<Got<bool>> find_referrers(Request request, const Inbound& by, const Gone& one, Followers& out);
  Task<Got<bool>> prepare_followers(Request request, const Asking& asking, OfForm& of);
  static std::vector<FieldError> held_back(const Followers& followers);
  // What the request's own rows name of what goes along: storage asks for their references before that goes.
  static std::vector<FieldError> lost_references(const Form& form, const std::vector<Row>& rows,
                                                 const Followers& followers);
  // Why a follower cannot be cleared, as far as the caller may be told.
  Task<Reply> told_not_cleared(Request request, const Asking& asking, OfForm& of, const Row& row) const;
  // Their operations, each behind a comma; returns how many.
  static std::size_t append_followers(std::string& text, std::string_view principal, const Followers& followers);

  Host& host_;
  const Warden& warden_;
  Models& models_;
  Referrers& referrers_;
  Target get_, query_, write_, evaluate_;
  Attachments attachments_;
  const std::uint64_t fuel_;
  std::vector<std::unique_ptr<cel::Arena>> arenas_;  // one a worker; used between two awaits only
  Metric judged_, moved_;
};

}  // namespace socle::forms

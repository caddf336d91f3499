// store.hpp: the registry's documents in storage/1, for the tenant of the context given. One collection, `models`:
//
//   id                     of                     what
//   rules/loan             head:rules             the head (head.hpp)
//   rules/loan~draft       draft:rules            what an author works on: text as written
//   rules/loan@1.2.0       version:rules/loan     a published version: text, JSON, schema, hash; never changed
//   rules/loan#0000000012  history:rules/loan     who did what when
//   ~keys                  keys                   public keys that must sign
//
// and one index, on `of`. Everything that belongs together is one batch with preconditions. On the worker of the call.
#pragma once

#include <socle/json.hpp>

#include "registry/got.hpp"
#include "registry/head.hpp"

namespace socle::models {

// A record as stored: `revision` is storage's version of it, 0 = absent.
struct Stored {
  std::uint64_t revision = 0;
  json::Document document;
  [[nodiscard]] bool exists() const { return revision != 0; }
  [[nodiscard]] json::View doc() const { return document.root().find("doc"); }
};

[[nodiscard]] std::string model_key(std::string_view kind, std::string_view name);
[[nodiscard]] std::string draft_id(std::string_view key);
[[nodiscard]] std::string version_id(std::string_view key, std::string_view version);
inline constexpr std::string_view keys_id = "~keys";

// A list of ids; a function, because GCC 12 cannot have a braced list in a co_await expression.
template <class... Texts>
[[nodiscard]] std::vector<std::string> ids(Texts&&... texts) {
  std::vector<std::string> out;
  (out.emplace_back(std::forward<Texts>(texts)), ...);
  return out;
}

// One write of several documents, all or nothing.
class Batch {
 public:
  Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  // `expect`: a revision, 0 = must be absent. `document` is JSON text.
  Batch& put(std::string_view id, std::uint64_t expect, std::string_view document);
  Batch& put_any(std::string_view id, std::string_view document);
  Batch& remove(std::string_view id, std::uint64_t expect);
  // What the audit trail calls it.
  Batch& note(std::string_view operation, std::string_view target);
  [[nodiscard]] std::string take();

 private:
  Batch& operation(std::string_view op, std::string_view id);
  Batch& expecting(std::uint64_t revision);
  std::string text_, operation_, target_;
  json::Writer out_{text_};
};

struct HistoryEntry {
  std::string action;  // publish, canary, promote, revert, rollback, build, build_failed, migrated
  std::string version, from, hash, by, at, reason;
};

class Store {
 public:
  explicit Store(Host& host);

  // In the order of `ids`, absent ones with revision 0. An undeclared collection has nothing.
  Task<Got<std::vector<Stored>>> get(Context context, std::vector<std::string> ids);
  // A Batch's text. Revisions of the puts, in order. Declares the collection when it is new. A precondition that does
  // not hold is Code::conflict `changed_meanwhile`.
  Task<Got<std::vector<std::uint64_t>>> write(Context context, std::string batch);
  // Documents whose `of` is this (or begins so), a page of them; "next" in the answer is the cursor.
  struct Page {
    json::Document document;  // storage's answer
    [[nodiscard]] json::View items() const { return document.root().find("items"); }
    [[nodiscard]] std::string_view next() const { return document.root().find("next").as_string(); }
  };
  struct Query {
    std::string of;
    bool prefix = false;
    bool newest_first = false;
    std::uint32_t limit = 200;
    std::string cursor{};
    bool names_only = false;  // documents without anything but kind and name
  };
  Task<Got<Page>> list(Context context, const Query& query);

  // Adds the entry and counts it in the head.
  static void add_history(Batch& batch, Head& head, const HistoryEntry& entry);

 private:
  Task<Reply> ask(Context context, const Target& target, std::string body);
  Host& host_;
  Target get_, write_, query_, declare_;
};

// RFC 3339 with milliseconds.
[[nodiscard]] std::string timestamp(Duration since_1970);

}  // namespace socle::models

// store.hpp: this plugin's documents in storage/1, for the tenant of the context given (docs/design/auth.md tells the
// collections). What belongs together is one batch with preconditions. On the worker of the call.
#pragma once

#include <socle/json.hpp>

#include <functional>

#include "core/got.hpp"

namespace socle::auth {

namespace collection {
inline constexpr std::string_view users = "auth.users";
inline constexpr std::string_view credentials = "auth.credentials";
inline constexpr std::string_view links = "auth.links";
inline constexpr std::string_view sessions = "auth.sessions";
inline constexpr std::string_view keys = "auth.keys";
inline constexpr std::string_view providers = "auth.providers";
inline constexpr std::string_view identities = "auth.identities";
inline constexpr std::string_view pending = "auth.pending";
}  // namespace collection

// A record as stored: `revision` is storage's version of it, 0 = absent.
struct Stored {
  std::uint64_t revision = 0;
  json::Document document;
  [[nodiscard]] bool exists() const { return revision != 0; }
  [[nodiscard]] json::View doc() const { return document.root().find("doc"); }
  [[nodiscard]] std::string_view id() const { return document.root().find("id").as_string(); }
};

// One write of several documents, all or nothing.
class Batch {
 public:
  Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  // `expect`: a revision, 0 = must be absent. `document` is JSON text.
  Batch& put(std::string_view of, std::string_view id, std::uint64_t expect, std::string_view document);
  Batch& remove(std::string_view of, std::string_view id, std::uint64_t expect);
  Batch& remove_any(std::string_view of, std::string_view id);
  // Only if that document, which is not written, is at this revision still.
  Batch& check(std::string_view of, std::string_view id, std::uint64_t revision);
  // Once lost, nothing worse than a repeated step: the operating system has it, the disk within a second.
  Batch& soon();
  [[nodiscard]] std::string take();

 private:
  json::Writer& operation(std::string_view op, std::string_view of, std::string_view id);
  void expecting(std::uint64_t revision);
  std::string text_;
  json::Writer out_{text_};
  bool soon_ = false;
};

class Store {
 public:
  explicit Store(Host& host);

  // revision 0 when there is none; an undeclared collection has nothing.
  Task<Got<Stored>> get(Context context, std::string_view of, std::string_view id);
  // A Batch's text. Declares the collections when they are new. A precondition that does not hold is Code::conflict
  // `changed_meanwhile`; a unique value that is taken Code::conflict `unique_violation`.
  Task<Got<bool>> write(Context context, std::string batch);

  struct Page {
    json::Document document;  // storage's answer
    [[nodiscard]] json::View items() const { return document.root().find("items"); }
    [[nodiscard]] std::string_view next() const { return document.root().find("next").as_string(); }
  };
  struct Query {
    std::string_view of;
    std::string_view field{};  // "" = all documents
    std::string_view op = "eq";
    std::string_view type = "string";
    std::string_view value{};
    std::int64_t number = 0;  // instead of `value`, of type "integer"
    std::uint32_t limit = 200;
    std::string_view cursor{};
  };
  // Ordered by the field, then by id.
  Task<Got<Page>> find(Context context, const Query& query);
  // Removes some of what the query finds, not waiting for the disk. Best effort: what is left is found by the next.
  Task<void> sweep(Context context, Query query);

 private:
  Task<Reply> ask(Context context, const Target& target, std::string body);
  Task<Status> declare(Context context);
  Host& host_;
  Target get_, write_, query_, declare_;
};

}  // namespace socle::auth

// audit.hpp: what a change leaves in the audit outbox (setting `audit`). The entry of every document that a write
// changes is in the write's own batch: in the outbox `audit` of the house tenant ~audit, which the plugin audit reads,
// chains and removes. Values never enter: a document is named by a hash under a key of this store's own, so that the
// trail tells that something changed and not what it says.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "socle/result.hpp"
#include "store/call.hpp"

namespace socle::storage {

inline constexpr std::string_view audit_tenant = "~audit";
inline constexpr std::string_view audit_topic = "audit";

// Who acts, as the entries of one call begin. Made on the call's worker.
[[nodiscard]] std::string audit_opening(std::string_view tenant, std::string_view principal,
                                        const std::uint8_t* trace_id, std::int64_t now_ns);

// One a committer; lane only.
class Auditor {
 public:
  static constexpr std::size_t key_size = 32;
  Auditor();
  ~Auditor();
  Auditor(const Auditor&) = delete;
  Auditor& operator=(const Auditor&) = delete;
  void use_key(std::string_view key);
  [[nodiscard]] static Result<std::string> make_key();

  struct Changed {
    std::string_view collection, id;
    std::uint64_t version = 0;       // after it; of a delete before it
    const std::string_view* before;  // nullptr: there was none
    const std::string_view* after;   // nullptr: deleted
  };
  [[nodiscard]] std::string entry_of(const Call& call, const Changed& changed);
  // Of what is no document: a schema, a whole tenant.
  [[nodiscard]] static std::string entry_of(const Call& call, std::string_view operation, std::string_view target);

 private:
  struct Hashing;
  [[nodiscard]] std::string hash(std::string_view text);
  std::unique_ptr<Hashing> hashing_;
  std::string key_;
};

}  // namespace socle::storage

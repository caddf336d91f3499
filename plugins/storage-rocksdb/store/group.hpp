// group.hpp: the batch being built. Reads see the database as it will be once the batch is written; a mark taken before
// one caller's changes lets them be taken back alone when a later precondition of that caller fails.
// Commit lane only.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/kv.hpp"

namespace socle::storage {

class Group {
 public:
  explicit Group(Kv& kv) : kv_(kv) {}

  // The value as of the batch so far, or nothing.
  Result<std::optional<std::string>> get(std::string_view key);
  // `remembered`: later get()s of this group must see it. Entries of non-unique indexes are never asked for.
  void put(std::string key, std::string value, bool remembered = true);
  void remove(std::string key, bool remembered = true);
  void remove_range(std::string from, std::string to);  // never read again within this group

  [[nodiscard]] std::size_t mark();
  void rollback(std::size_t mark);
  [[nodiscard]] const std::vector<Change>& changes() const { return changes_; }
  [[nodiscard]] bool empty() const { return changes_.empty(); }

 private:
  struct Undo {
    std::string key;
    std::size_t before;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
  };
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  void remember(const std::string& key);

  Kv& kv_;
  std::vector<Change> changes_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> latest_;  // key -> its last change
  std::vector<Undo> undo_;                                                      // since the last mark()
};

}  // namespace socle::storage

// tree.hpp: an object under construction inside a function zen.*: members by name, or by a path of names with dots
// between. One thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "socle/cel/function.hpp"
#include "socle/cel/value.hpp"

namespace socle::rules::zen {

// An object that is no moment.
[[nodiscard]] bool is_plain_object(const cel::Value& value);

class Tree {
 public:
  static constexpr std::size_t most_names = 64;    // of a path: objects inside one another
  static constexpr std::size_t fuel_a_member = 8;  // for making room for it, and once more for finishing it

  [[nodiscard]] static Tree of(const cel::Value& object);
  // The member's value; null of one that is new.
  [[nodiscard]] cel::Value& at(std::string_view key) { return entry(key).value; }
  // As deep as the dots say; a way through something that is no object leads nowhere, as does one that is too long.
  void put(std::string_view path, const cel::Value& value, std::size_t names = 1);
  [[nodiscard]] cel::Value finish(cel::Context& c) const;

 private:
  struct Entry {
    std::string key;
    cel::Value value;
    std::unique_ptr<Tree> inside;
  };
  [[nodiscard]] Entry& entry(std::string_view key);

  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t> places_;  // of the entries, once there are more than a few
};

}  // namespace socle::rules::zen

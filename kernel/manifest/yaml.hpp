// yaml.hpp: the one door to yaml-cpp. Manifest text becomes a plain tree of Nodes that know their place. Called by the
// manifest readers of this part on any thread (staging, CLI).
//
// What a manifest may be is less than YAML: one document in UTF-8 whose root is a map with text keys. Anchors, aliases,
// merge keys and tags are refused (declarations only; and nothing can blow up), so are duplicate keys. A text that does
// not end with a line end is refused as half-written, unless its root is a closed `{...}`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/problems.hpp"

namespace socle::manifest {

inline constexpr std::size_t max_text_bytes = std::size_t{1} << 20U;
inline constexpr std::size_t max_nodes = 100'000;
inline constexpr int max_depth = 24;

struct Member;

struct Node {
  enum class Kind { null, scalar, sequence, map };
  Kind kind = Kind::null;
  bool quoted = false;  // a scalar in quotes or a block scalar: text and nothing else
  Place at;
  std::string text;             // scalar
  std::vector<Node> items;      // sequence
  std::vector<Member> members;  // map, in the order of the file, keys unique

  [[nodiscard]] const Node* find(std::string_view key) const;
};

struct Member {
  std::string key;
  Place at;
  Node value;
};

// The tree, or nothing. A tree may come with problems too (duplicate keys: the first counts), so that its values can be
// checked as well; whoever calls takes nothing from a text that has problems.
[[nodiscard]] std::optional<Node> read_yaml(std::string_view text, Problems& problems);

// The text ends where a writer would have ended it: with a line end, or with the bracket that closes its root.
[[nodiscard]] bool ends_whole(std::string_view text);

// What a person would call it: "'fast'", "a list", "a map", "nothing".
[[nodiscard]] std::string found(const Node& node);

}  // namespace socle::manifest

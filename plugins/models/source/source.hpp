// source.hpp: a model's text, as its author wrote it, and the JSON it means, with the way back from any place in the
// JSON to a line and a column of the text. YAML or JSON. Made on an offload thread, read anywhere; immutable.
//
// The YAML a model may be: one document, UTF-8, text keys, scalars by the core schema of YAML 1.2 (`yes` is a text).
// Refused with a place: anchors, aliases, merge keys and tags (so nothing can blow up), duplicate keys, numbers that
// are not finite or begin with a needless zero, more than max_depth levels, max_values values or max_size bytes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "socle/json/document.hpp"
#include "source/diagnostic.hpp"

namespace socle::models {

enum class Media { yaml, json };
[[nodiscard]] std::string_view to_string(Media media);

inline constexpr std::size_t max_size = std::size_t{256} << 10U;
inline constexpr std::size_t max_depth = 64;
inline constexpr std::size_t max_values = 50'000;

// One value of the text. `children` of a map carry their keys.
struct Node {
  enum class Kind { null, scalar, sequence, map };
  enum class Style { plain, single_quoted, double_quoted, block };
  Kind kind = Kind::null;
  Style style = Style::plain;
  std::size_t at = 0;      // byte of the value
  std::size_t key_at = 0;  // byte of its key, when it has one
  std::string key;
  std::string text;  // of a YAML scalar, and of a string
  std::vector<Node> children;
};

class Source {
 public:
  // Nothing when the text means no JSON object; `problems` then says why, all that can be told.
  static std::optional<Source> read(std::string text, Media media, std::vector<Diagnostic>& problems);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] Media media() const { return media_; }
  [[nodiscard]] json::View root() const { return document_.root(); }

  // Sets `at` of each diagnostic from pointer and offset. A pointer to what is not there leads to the nearest container
  // that is; `unknown_key` and its like to the key, all else to the value.
  void find_places(std::vector<Diagnostic>& diagnostics) const;

 private:
  Source(std::string text, Media media) : text_(std::move(text)), media_(media) {}
  [[nodiscard]] std::size_t byte_of(const Diagnostic& diagnostic) const;
  std::string text_;
  Media media_;
  json::Document document_;
  Node tree_;
};

// The place of a byte in a text.
[[nodiscard]] Place place_of(std::string_view text, std::size_t byte);

// Byte of `text` that stands for byte `offset` of the decoded value of this scalar.
[[nodiscard]] std::size_t byte_of_offset(std::string_view text, const Node& scalar, std::size_t offset);

// The tree of a YAML text, or nothing and problems with their places set. yaml_source.cpp is the one door to yaml-cpp.
[[nodiscard]] std::optional<Node> read_yaml(std::string_view text, std::vector<Diagnostic>& problems);
// The JSON a YAML tree means.
[[nodiscard]] std::optional<json::Document> to_json(std::string_view text, const Node& tree,
                                                    std::vector<Diagnostic>& problems);
// The tree of a text that json::Document::parse has accepted. REQUIRES: at most max_depth levels.
[[nodiscard]] Node tree_of_json(std::string_view text);

}  // namespace socle::models

#include "source/source.hpp"

#include <algorithm>

#include "socle/json/pointer.hpp"

namespace socle::models {
namespace {

// The member or element of that name.
const Node* child_of(const Node& node, std::string_view token) {
  if (node.kind == Node::Kind::map) {
    const auto found = std::find_if(node.children.begin(), node.children.end(),
                                    [token](const Node& child) { return child.key == token; });
    return found == node.children.end() ? nullptr : &*found;
  }
  if (node.kind != Node::Kind::sequence) return nullptr;
  const std::size_t index = json::array_index(token);
  return index < node.children.size() ? &node.children[index] : nullptr;
}

bool is_about_key(std::string_view code) {
  return code == "unknown_key" || code == "later_part" || code == "duplicate_key";
}

void whole(std::vector<Diagnostic>& problems, std::string code, std::string message, Place at = {}) {
  problems.push_back({"", std::move(code), std::move(message), true, {}, at});
}

}  // namespace

std::string_view to_string(Media media) { return media == Media::yaml ? "yaml" : "json"; }

Place place_of(std::string_view text, std::size_t byte) {
  Place at;
  for (const char c : text.substr(0, byte)) {
    if (c == '\n') {
      at = {at.line + 1, 1};
    } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) {
      ++at.column;
    }
  }
  return at;
}

std::optional<Source> Source::read(std::string text, Media media, std::vector<Diagnostic>& problems) {
  if (text.size() > max_size) {
    whole(problems, "too_large",
          "the model has " + std::to_string(text.size()) + " bytes; a model has at most " + std::to_string(max_size));
    return std::nullopt;
  }
  Source out(std::move(text), media);
  if (media == Media::yaml) {
    auto tree = read_yaml(out.text_, problems);
    if (!tree) return std::nullopt;
    auto document = to_json(out.text_, *tree, problems);
    if (!document || has_errors(problems)) return std::nullopt;
    out.tree_ = std::move(*tree);
    out.document_ = std::move(*document);
  } else {
    json::Position where;
    auto document =
        json::Document::parse(out.text_, {max_size, max_depth, max_values, json::Duplicates::refuse}, &where);
    if (!document) {
      whole(problems, "syntax", document.error().message, {where.line, where.column});
      return std::nullopt;
    }
    out.document_ = std::move(*document);
    out.tree_ = tree_of_json(out.text_);
  }
  if (!out.root().is_object()) {
    whole(problems, "not_a_map",
          "a model is a map of keys and values, found " + std::string(json::to_string(out.root().kind())));
    return std::nullopt;
  }
  return out;
}

std::size_t Source::byte_of(const Diagnostic& diagnostic) const {
  const auto pointer = json::Pointer::parse(diagnostic.pointer);
  const Node* node = &tree_;
  bool all = pointer.has_value();
  for (const std::string& token : all ? pointer->tokens() : std::vector<std::string>{}) {
    const Node* child = child_of(*node, token);
    if (child == nullptr) {
      all = false;
      break;
    }
    node = child;
  }
  const bool has_key = node != &tree_ && !node->key.empty();
  if (all && diagnostic.offset && node->kind == Node::Kind::scalar)
    return byte_of_offset(text_, *node, *diagnostic.offset);
  return has_key && (!all || is_about_key(diagnostic.code)) ? node->key_at : node->at;
}

void Source::find_places(std::vector<Diagnostic>& diagnostics) const {
  for (Diagnostic& d : diagnostics) d.at = place_of(text_, byte_of(d));
}

}  // namespace socle::models

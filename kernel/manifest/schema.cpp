#include "manifest/schema.hpp"

namespace socle::manifest {

std::string Text<Permission>::wanted() {
  std::string text = "a permission: ";
  bool first = true;
  for (const auto& form : permission_forms()) {
    text += (first ? "" : ", ") + std::string(form.name);
    if (!form.argument.empty()) text += ":" + std::string(form.argument);
    first = false;
  }
  return text;
}

void Reader::mistyped(const Node& node, const std::string& wanted, const std::string& hint) {
  problems.add(node.at, "expected " + wanted + ", found " + found(node) + hint);
}

bool Reader::wants_map(const Node& node) {
  if (node.kind != Node::Kind::map) mistyped(node, "a map of keys and values");
  return node.kind == Node::Kind::map;
}

bool Reader::wants_list(const Node& node) {
  if (node.kind != Node::Kind::sequence) mistyped(node, "a list");
  return node.kind == Node::Kind::sequence;
}

bool Reader::is_text(const Node& node) {
  if (node.quoted) return true;
  const bool boolean = Text<bool>::parse(node.text).has_value();
  if (!boolean && !parse_number(node.text)) return true;
  problems.add(node.at, "expected a string, found the " + std::string(boolean ? "boolean " : "number ") + node.text +
                            "; put it in quotes to mean the text");
  return false;
}

void Codec<std::filesystem::path>::read(const Node& node, Reader& reader, std::filesystem::path& value) {
  constexpr std::string_view wanted = "a path";
  if (node.kind != Node::Kind::scalar || node.text.empty() || node.text.size() > 4'000) {
    return reader.mistyped(node, std::string(wanted));
  }
  value = (reader.folder / node.text).lexically_normal();
}

void Codec<Node>::flatten(const Node& value, const std::string& path, Flat& flat) {
  if (value.kind == Node::Kind::map && !value.members.empty()) {
    for (const auto& member : value.members) flatten(member.value, path + "." + member.key, flat);
    return;
  }
  if (value.kind == Node::Kind::sequence) {
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      flatten(value.items[i], path + "[" + std::to_string(i) + "]", flat);
    }
    if (value.items.empty()) flat[path] = "[]";
    return;
  }
  if (value.kind == Node::Kind::map) {
    flat[path] = "{}";
  } else if (value.kind == Node::Kind::null) {
    flat[path] = "null";
  } else {
    // A quoted "5" is a text and differs from 5.
    const bool needs_quotes = value.quoted && (parse_number(value.text) || Text<bool>::parse(value.text));
    flat[path] = needs_quotes ? "\"" + value.text + "\"" : value.text;
  }
}

void check_names(const Node& node, Reader& reader, bool (*rule)(std::string_view), const std::string& wanted) {
  if (node.kind == Node::Kind::scalar && !rule(node.text)) reader.mistyped(node, wanted);
  for (const auto& item : node.items) {
    if (item.kind == Node::Kind::scalar && !rule(item.text)) reader.mistyped(item, wanted);
  }
  for (const auto& member : node.members) {
    if (!rule(member.key)) reader.problems.add(member.at, "expected " + wanted + ", found " + in_quotes(member.key));
  }
}

}  // namespace socle::manifest

// yaml-cpp's event interface is used, not YAML::Node: events cannot expand aliases, carry exact marks, and let us stop
// at the first excess of depth or count. All its exceptions end in read_yaml().
#include "manifest/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstdint>
#include <list>
#include <sstream>
#include <unordered_map>

#include "manifest/utf8.hpp"

namespace socle::manifest {

const Node* Node::find(std::string_view key) const {
  for (const auto& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

std::string found(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null: return "nothing";
    case Node::Kind::scalar: return in_quotes(node.text);
    case Node::Kind::sequence: return "a list";
    case Node::Kind::map: return "a map";
  }
  return "nothing";
}

namespace {

struct Refused {};  // thrown by Builder through yaml-cpp, caught in read_yaml(); the problem has been added already

class Builder : public YAML::EventHandler {
 public:
  Builder(std::string_view text, Problems& problems) : problems_(problems) {
    characters_before_.reserve(text.size() + 1);
    std::uint32_t count = 0;
    for (const char c : text) {
      characters_before_.push_back(count);
      if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++count;
    }
    characters_before_.push_back(count);
  }

  Node take() { return std::move(root_); }

  [[nodiscard]] Place place(const YAML::Mark& mark) const {
    if (mark.is_null()) return {};
    const auto end = std::min(static_cast<std::size_t>(std::max(mark.pos, 0)), characters_before_.size() - 1);
    const auto begin = end - std::min(static_cast<std::size_t>(std::max(mark.column, 0)), end);
    return {mark.line + 1, static_cast<int>(characters_before_[end] - characters_before_[begin]) + 1};
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_extras(mark, "?", anchor);
    add(mark, Node::Kind::null);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "aliases are not allowed in a manifest; write the value out");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_extras(mark, tag, anchor);
    if (expects_key()) return add_key(mark, value);
    Node& node = add(mark, Node::Kind::scalar);
    node.text = value;
    node.quoted = tag == "!";
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    refuse_extras(mark, tag, anchor);
    open(mark, Node::Kind::sequence);
  }
  void OnSequenceEnd() override { stack_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    refuse_extras(mark, tag, anchor);
    open(mark, Node::Kind::map);
  }
  void OnMapEnd() override { stack_.pop_back(); }

 private:
  // Nodes move when their container grows, but only a container on top of the stack grows, and its own address is kept
  // stable because its parent does not grow meanwhile.
  struct Level {
    Node* node;
    bool value_next = false;    // of a map: the key is there, its value is not
    bool refused_next = false;  // of a map: the value belongs to a duplicate key and is thrown away
    std::unordered_map<std::string, int> keys = {};  // of a map: the line of each
  };

  [[noreturn]] void refuse(const YAML::Mark& mark, const std::string& message) {
    problems_.add(place(mark), message);
    throw Refused();
  }

  void refuse_extras(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) refuse(mark, "anchors are not allowed in a manifest; write the value out");
    if (tag != "?" && tag != "!" && !tag.empty()) {
      refuse(mark, "tags are not allowed in a manifest, found " + in_quotes(tag));
    }
    if (++count_ > max_nodes) {
      refuse(mark, "a manifest has at most " + std::to_string(max_nodes) + " values");
    }
  }

  [[nodiscard]] bool expects_key() const {
    return !stack_.empty() && stack_.back().node->kind == Node::Kind::map && !stack_.back().value_next;
  }

  void add_key(const YAML::Mark& mark, const std::string& key) {
    auto& level = stack_.back();
    const auto [seen, is_new] = level.keys.emplace(key, mark.line + 1);
    level.value_next = true;
    level.refused_next = !is_new;
    if (key == "<<") refuse(mark, "merge keys ('<<') are not allowed in a manifest; write the values out");
    if (is_new) {
      level.node->members.push_back({key, place(mark), {}});
    } else {
      problems_.add(place(mark),
                    "duplicate key " + in_quotes(key) + "; it is already set in line " + std::to_string(seen->second));
    }
  }

  Node& add(const YAML::Mark& mark, Node::Kind kind) {
    if (expects_key()) refuse(mark, kind == Node::Kind::null ? "a key is missing" : "a key must be a plain text");
    Node* node = &root_;
    if (!stack_.empty()) {
      auto& level = stack_.back();
      if (level.node->kind == Node::Kind::sequence) {
        node = &level.node->items.emplace_back();
      } else if (level.refused_next) {
        node = &discarded_.emplace_back();
      } else {
        node = &level.node->members.back().value;
      }
      level.value_next = false;
    }
    node->kind = kind;
    node->at = place(mark);
    // yaml-cpp marks a value that is not there with the token after it; its key is where a person looks.
    const bool of_key = kind == Node::Kind::null && !stack_.empty() && !stack_.back().node->members.empty();
    if (of_key) node->at = stack_.back().node->members.back().at;
    return *node;
  }

  void open(const YAML::Mark& mark, Node::Kind kind) {
    if (stack_.size() >= static_cast<std::size_t>(max_depth)) {
      refuse(mark, "a manifest is nested at most " + std::to_string(max_depth) + " deep");
    }
    stack_.push_back({&add(mark, kind)});
  }

  std::vector<std::uint32_t> characters_before_;  // by byte: how many characters begin before it
  Problems& problems_;
  Node root_;
  std::list<Node> discarded_;  // values of duplicate keys
  std::vector<Level> stack_;
  std::size_t count_ = 0;
};

// Place of a byte, counted in characters.
Place place_of(std::string_view text, std::size_t offset) {
  Place at{1, 1};
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      at = {at.line + 1, 1};
    } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) {
      ++at.column;
    }
  }
  return at;
}

// Offset of the first byte that is not text as YAML wants it, or text.size().
std::size_t first_bad_byte(std::string_view text) {
  const auto control = std::find_if(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
  });
  return std::min(static_cast<std::size_t>(control - text.begin()), first_bad_utf8(text));
}

bool check_bytes(std::string_view text, Problems& problems) {
  if (text.size() > max_text_bytes) {
    problems.add({}, "the file has " + std::to_string(text.size()) + " bytes; a manifest has at most " +
                         std::to_string(max_text_bytes));
    return false;
  }
  if (const auto bad = first_bad_byte(text); bad != text.size()) {
    problems.add(place_of(text, bad), "expected UTF-8 text without control characters, found byte " +
                                          std::to_string(static_cast<unsigned char>(text[bad])));
    return false;
  }
  return true;
}

std::optional<Node> build(std::string_view text, Problems& problems) {
  Builder builder(text, problems);
  try {
    // yaml-cpp takes an open quote at the end of a file for a closed one; a document end after it makes it an error.
    std::istringstream stream{std::string(text) + "\n...\n"};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      problems.add({}, "the file is empty; expected a manifest");
      return std::nullopt;
    }
    Node root = builder.take();
    if (Builder second("", problems); parser.HandleNextDocument(second)) {
      problems.add({}, "expected one YAML document, found a second one after '---'");
      return std::nullopt;
    }
    return root;
  } catch (const Refused&) {
    return std::nullopt;
  } catch (const YAML::Exception& error) {
    const bool at_end = !error.mark.is_null() && static_cast<std::size_t>(std::max(error.mark.pos, 0)) >= text.size();
    const bool open_quote = at_end && error.msg == YAML::ErrorMsg::DOC_IN_SCALAR;
    problems.add(at_end ? place_of(text, text.size()) : builder.place(error.mark),
                 "not valid YAML: " + (open_quote ? "the file ends inside quotes" : error.msg));
  } catch (const std::exception& error) {
    problems.add({}, std::string("not valid YAML: ") + error.what());
  }
  return std::nullopt;
}

}  // namespace

bool ends_whole(std::string_view text) {
  if (text.ends_with('\n')) return true;
  const auto begin = text.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && text[begin] == '{' && text.ends_with('}');
}

std::optional<Node> read_yaml(std::string_view text, Problems& problems) {
  if (!check_bytes(text, problems)) return std::nullopt;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    problems.add({}, "the file is empty; expected a manifest");
    return std::nullopt;
  }
  auto root = build(text, problems);
  if (!root) return std::nullopt;
  if (root->kind == Node::Kind::null) {
    problems.add({}, "the file is empty; expected a manifest");
    return std::nullopt;
  }
  if (root->kind != Node::Kind::map) {
    problems.add(root->at, "expected a map of keys and values, found " + found(*root));
    return std::nullopt;
  }
  if (!ends_whole(text)) {
    problems.add(place_of(text, text.size()),
                 "the last line has no line end, so the file may be half-written; end it with a newline");
    return std::nullopt;
  }
  return root;
}

}  // namespace socle::manifest

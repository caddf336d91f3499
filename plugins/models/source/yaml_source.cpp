// yaml-cpp's event interface: events cannot expand aliases, carry marks, and let us stop at the first excess of depth
// or count. All its exceptions end in read_yaml(). Marks count bytes.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>

#include "socle/json/pointer.hpp"
#include "source/source.hpp"

namespace socle::models {
namespace {

struct Refused {};  // thrown by Reader through yaml-cpp; the problem has been added already

class Reader : public YAML::EventHandler {
 public:
  Reader(std::string_view text, std::vector<Diagnostic>& problems) : text_(text), problems_(problems) {}

  Node take() { return std::move(root_); }
  [[nodiscard]] std::size_t byte(const YAML::Mark& mark) const {
    return mark.is_null() ? 0 : std::min(static_cast<std::size_t>(std::max(mark.pos, 0)), text_.size());
  }
  void add_problem(std::size_t at, std::string code, std::string message) {
    if (problems_.size() < max_diagnostics)
      problems_.push_back({pointer(), std::move(code), std::move(message), true, {}, place_of(text_, at)});
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_extras(mark, "?", anchor);
    if (expects_key()) refuse(mark, "bad_key", "a key is missing, or it is null: put it in quotes");
    add(mark, Node::Kind::null);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "alias", "aliases are not allowed in a model; write the value out");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_extras(mark, tag, anchor);
    if (expects_key()) return add_key(mark, value);
    Node& node = add(mark, Node::Kind::scalar);
    node.text = value;
    if (tag != "!") return;
    const char first = node.at < text_.size() ? text_[node.at] : '\0';
    node.style = first == '"'    ? Node::Style::double_quoted
                 : first == '\'' ? Node::Style::single_quoted
                                 : Node::Style::block;
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
  // Nodes move when their container grows, but only the container on top of the stack grows.
  struct Level {
    Node* node;
    bool value_next = false;
    std::unordered_map<std::string, std::size_t> keys = {};  // of a map: the byte of each
    std::string key = {};
    std::size_t key_at = 0;
  };

  // Of the place we are at, for the problem's pointer.
  [[nodiscard]] std::string pointer() const {
    std::string out;
    for (const Level& level : stack_) {
      if (level.node->kind == Node::Kind::map) {
        if (level.key.empty() && !level.value_next) break;
        json::append_escaped(out += '/', level.key);
      } else if (&level != &stack_.back()) {
        out.append("/").append(std::to_string(level.node->children.size() - 1));
      }
    }
    return out;
  }

  [[noreturn]] void refuse(const YAML::Mark& mark, std::string code, std::string message) {
    add_problem(byte(mark), std::move(code), std::move(message));
    throw Refused();
  }

  void refuse_extras(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) refuse(mark, "alias", "anchors are not allowed in a model; write the value out");
    if (tag != "?" && tag != "!" && !tag.empty()) refuse(mark, "tag", "tags are not allowed in a model, found " + tag);
    if (++count_ > max_values)
      refuse(mark, "too_large", "a model has at most " + std::to_string(max_values) + " values");
  }

  [[nodiscard]] bool expects_key() const {
    return !stack_.empty() && stack_.back().node->kind == Node::Kind::map && !stack_.back().value_next;
  }

  void add_key(const YAML::Mark& mark, const std::string& key) {
    Level& level = stack_.back();
    level.key = key;
    level.key_at = byte(mark);
    level.value_next = true;
    if (key == "<<") refuse(mark, "alias", "merge keys ('<<') are not allowed in a model; write the values out");
    const auto [seen, fresh] = level.keys.emplace(key, level.key_at);
    if (!fresh) {
      add_problem(level.key_at, "duplicate_key",
                  "key '" + key + "' is set twice, first in line " +
                      std::to_string(place_of(text_, seen->second).line) + "; keep one of the two");
    }
  }

  Node& add(const YAML::Mark& mark, Node::Kind kind) {
    if (expects_key()) refuse(mark, "bad_key", "a key must be a plain text");
    Node* node = &root_;
    if (!stack_.empty()) {
      Level& level = stack_.back();
      node = &level.node->children.emplace_back();
      node->key = level.key;
      node->key_at = level.key_at;
      level.value_next = false;
    }
    node->kind = kind;
    // yaml-cpp marks a value that is not there with the token after it; its key is where a person looks.
    node->at = kind == Node::Kind::null && !node->key.empty() ? node->key_at : byte(mark);
    return *node;
  }

  void open(const YAML::Mark& mark, Node::Kind kind) {
    if (stack_.size() >= max_depth)
      refuse(mark, "too_deep", "a model is nested at most " + std::to_string(max_depth) + " deep");
    stack_.push_back({&add(mark, kind)});
  }

  std::string_view text_;
  std::vector<Diagnostic>& problems_;
  Node root_;
  std::vector<Level> stack_;
  std::size_t count_ = 0;
};

// yaml-cpp recurses about ten frames a level of flow brackets or dashes on one line before it tells us of the first, so
// what is hopeless is refused before it is asked.
std::size_t too_deep_at(std::string_view text) {
  std::size_t depth = 0, dashes = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    if (c == '\n') dashes = 0;
    if ((c == '-' || c == '?') && i + 1 < text.size() && text[i + 1] == ' ') ++dashes;
    if (depth > 400 || dashes > 400) return i;
  }
  return text.size();
}

// Bytes that follow a lead byte of UTF-8; 4 for a byte that leads nothing.
std::size_t followers(unsigned char lead) {
  if (lead < 0x80) return 0;
  if (lead >= 0xC2 && lead < 0xE0) return 1;
  if (lead >= 0xE0 && lead < 0xF0) return 2;
  return lead >= 0xF0 && lead < 0xF5 ? 3 : 4;
}

// Offset of the first byte that is not text as YAML wants it, or text.size().
std::size_t first_bad_byte(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned char c = byte(i);
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F) return i;
    const std::size_t more = followers(c);
    if (more == 4 || text.size() - i <= more) return i;
    for (std::size_t k = 1; k <= more; ++k)
      if ((byte(i + k) & 0xC0U) != 0x80U) return i;
    const unsigned char second = more > 0 ? byte(i + 1) : 0;  // overlong forms, surrogates, beyond U+10FFFF
    if ((c == 0xE0 && second < 0xA0) || (c == 0xED && second > 0x9F) || (c == 0xF0 && second < 0x90) ||
        (c == 0xF4 && second > 0x8F))
      return i;
    i += more + 1;
  }
  return text.size();
}

bool check_text(std::string_view text, std::vector<Diagnostic>& problems) {
  const auto refuse = [&](std::string code, std::string message, std::size_t at) {
    problems.push_back({"", std::move(code), std::move(message), true, {}, place_of(text, at)});
    return false;
  };
  if (const auto bad = first_bad_byte(text); bad != text.size())
    return refuse("syntax",
                  "expected UTF-8 text without control characters, found byte " +
                      std::to_string(static_cast<unsigned char>(text[bad])),
                  bad);
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return refuse("syntax", "the model is empty", 0);
  if (const auto deep = too_deep_at(text); deep != text.size())
    return refuse("too_deep", "a model is nested at most " + std::to_string(max_depth) + " deep", deep);
  return true;
}

}  // namespace

std::optional<Node> read_yaml(std::string_view text, std::vector<Diagnostic>& problems) {
  if (!check_text(text, problems)) return std::nullopt;
  Reader reader(text, problems);
  try {
    // yaml-cpp takes an open quote at the end for a closed one; a document end after it makes it an error.
    std::istringstream stream{std::string(text) + "\n...\n"};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(reader)) {
      problems.push_back({"", "syntax", "the model is empty"});
      return std::nullopt;
    }
    Node root = reader.take();
    std::vector<Diagnostic> unused;
    if (Reader second(text, unused); parser.HandleNextDocument(second)) {
      problems.push_back({"", "syntax", "a model is one YAML document, found a second one after '---'"});
      return std::nullopt;
    }
    return root;
  } catch (const Refused&) {
    // A second document that is refused is one too many as well.
    if (problems.empty()) problems.push_back({"", "syntax", "a model is one YAML document"});
  } catch (const YAML::Exception& error) {
    const std::size_t at = reader.byte(error.mark);
    const bool open_quote = at >= text.size() && error.msg == YAML::ErrorMsg::DOC_IN_SCALAR;
    reader.add_problem(at, "syntax",
                       "not valid YAML: " + (open_quote ? std::string("the text ends inside quotes") : error.msg));
  } catch (const std::exception& error) {
    reader.add_problem(0, "syntax", std::string("not valid YAML: ") + error.what());
  }
  return std::nullopt;
}

}  // namespace socle::models

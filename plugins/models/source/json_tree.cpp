// json_tree.cpp: where each value of a JSON text stands. The text is valid JSON, so the scan only has to step.
#include "socle/json/document.hpp"
#include "source/source.hpp"

namespace socle::models {
namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  Node value() {
    Node node;
    space();
    node.at = at_;
    switch (peek()) {
      case '{': container(node, Node::Kind::map, '}'); break;
      case '[': container(node, Node::Kind::sequence, ']'); break;
      case '"':
        node.kind = Node::Kind::scalar;
        node.style = Node::Style::double_quoted;
        node.text = string();
        break;
      default:
        node.kind = peek() == 'n' ? Node::Kind::null : Node::Kind::scalar;
        while (at_ < text_.size() && std::string_view(" \t\r\n,]}").find(text_[at_]) == std::string_view::npos) ++at_;
    }
    return node;
  }

 private:
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  std::string string() {
    const std::size_t first = at_;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_)
      if (text_[at_] == '\\') ++at_;
    ++at_;
    const auto decoded = json::Document::parse(text_.substr(first, at_ - first));
    return decoded ? std::string(decoded->root().as_string()) : std::string();
  }
  void container(Node& node, Node::Kind kind, char close) {
    node.kind = kind;
    ++at_;
    for (space(); at_ < text_.size() && peek() != close; space()) {
      const std::size_t key_at = at_;
      std::string key;
      if (kind == Node::Kind::map) {
        key = string();
        space();
        ++at_;  // the colon
      }
      Node child = value();
      child.key = std::move(key);
      child.key_at = key_at;
      node.children.push_back(std::move(child));
      space();
      if (peek() == ',') ++at_;
    }
    ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Node tree_of_json(std::string_view text) { return Scanner(text).value(); }

}  // namespace socle::models

// scalar.cpp: what a YAML scalar means by the core schema of YAML 1.2, and the JSON of a whole tree.
#include <algorithm>
#include <charconv>

#include "socle/json/builder.hpp"
#include "socle/json/decimal.hpp"
#include "socle/json/pointer.hpp"
#include "source/source.hpp"

namespace socle::models {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A JSON number of the same value, or nothing when the text is no number of YAML: 1, +1, .5, 5., 1e3, 0x1f, 0o17.
std::optional<std::string> number_of(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0o")) {
    std::uint64_t value = 0;
    const auto [end, error] =
        std::from_chars(text.data() + 2, text.data() + text.size(), value, text[1] == 'x' ? 16 : 8);
    if (error != std::errc() || end != text.data() + text.size() || text.size() == 2) return std::nullopt;
    return std::to_string(value);
  }
  std::string out;
  if (text.starts_with('-')) out = "-";
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t e = std::min(text.find('e'), text.find('E'));
  std::string_view mantissa = text.substr(0, e);
  const std::size_t point = mantissa.find('.');
  const std::string_view whole = mantissa.substr(0, point);
  const std::string_view fraction = point == std::string_view::npos ? "" : mantissa.substr(point + 1);
  if (!whole.empty() && !all_digits(whole)) return std::nullopt;
  if (!fraction.empty() && !all_digits(fraction)) return std::nullopt;
  if (whole.empty() && fraction.empty()) return std::nullopt;
  out.append(whole.empty() ? "0" : whole);
  if (!fraction.empty()) out.append(".").append(fraction);
  if (e == std::string_view::npos) return out;
  std::string_view exponent = text.substr(e + 1);
  out += 'e';
  if (exponent.starts_with('-') || exponent.starts_with('+')) {
    out += exponent.front();
    exponent.remove_prefix(1);
  }
  if (!all_digits(exponent)) return std::nullopt;
  return out.append(exponent);
}

bool needless_zero(std::string_view number) {
  if (number.starts_with('-')) number.remove_prefix(1);
  return number.size() > 1 && number[0] == '0' && number[1] >= '0' && number[1] <= '9';
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

class Translator {
 public:
  Translator(std::string_view text, std::vector<Diagnostic>& problems) : text_(text), problems_(problems) {}

  void value(const Node& node) {
    switch (node.kind) {
      case Node::Kind::null: out_.null(); return;
      case Node::Kind::scalar: scalar(node); return;
      case Node::Kind::sequence:
        out_.begin_array();
        for (std::size_t i = 0; i < node.children.size(); ++i) below(std::to_string(i), node.children[i]);
        out_.end_array();
        return;
      case Node::Kind::map:
        out_.begin_object();
        for (const Node& child : node.children) {
          out_.key(child.key);
          below(child.key, child);
        }
        out_.end_object();
        return;
    }
  }
  Result<json::Document> finish() { return out_.finish(); }

 private:
  void below(std::string_view token, const Node& node) {
    const std::size_t size = pointer_.size();
    json::append_escaped(pointer_ += '/', token);
    value(node);
    pointer_.resize(size);
  }
  void problem(const Node& node, std::string code, std::string message) {
    if (problems_.size() < max_diagnostics)
      problems_.push_back({pointer_, std::move(code), std::move(message), true, {}, place_of(text_, node.at)});
    out_.null();
  }
  void scalar(const Node& node) {
    const std::string& text = node.text;
    if (node.style != Node::Style::plain) {
      out_.string(text);
    } else if (is_one_of(text, {"true", "True", "TRUE"})) {
      out_.boolean(true);
    } else if (is_one_of(text, {"false", "False", "FALSE"})) {
      out_.boolean(false);
    } else if (is_one_of(text, {".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "-.inf", "-.Inf", "-.INF", "+.inf",
                                "+.Inf", "+.INF"})) {
      problem(node, "bad_number", "'" + text + "' is no number JSON has; for a text put it in quotes");
    } else if (const auto number = number_of(text); !number) {
      out_.string(text);
    } else if (needless_zero(*number)) {
      problem(node, "bad_number",
              "'" + text + "' begins with a zero: leave it out for a number, put it in quotes for a text");
    } else {
      out_.number_text(*number);
    }
  }

  std::string_view text_;
  std::vector<Diagnostic>& problems_;
  json::Builder out_;
  std::string pointer_;
};

}  // namespace

std::optional<json::Document> to_json(std::string_view text, const Node& tree, std::vector<Diagnostic>& problems) {
  Translator translator(text, problems);
  translator.value(tree);
  auto document = translator.finish();
  if (document) return std::move(*document);
  problems.push_back({"", "syntax", document.error().message});
  return std::nullopt;
}

}  // namespace socle::models

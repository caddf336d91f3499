#include "html_place.hpp"

namespace socle::page {
namespace {

bool space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool name(char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == ':'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

void HtmlPlace::end_tag() {
  const bool raw = tag_ == "script" || tag_ == "style";
  where_ = raw ? Where::raw : Where::text;
  if (!raw) tag_.clear();
  recent_.clear();
}

std::string_view HtmlPlace::feed(char c) {
  switch (where_) {
    case Where::text:
      if (c == '<') {
        where_ = Where::tag_start;
        tag_.clear();
      }
      return {};
    case Where::tag_start:
      if (c == '!') {
        where_ = Where::comment;
        recent_.clear();
        return {};
      }
      if (!letter(c) && c != '/') return "a '<' that begins no tag: write &lt;";
      tag_.push_back(lower(c));
      where_ = Where::tag_name;
      return {};
    case Where::tag_name:
      if (name(c)) {
        tag_.push_back(lower(c));
      } else if (c == '>') {
        end_tag();
      } else if (space(c)) {
        where_ = Where::in_tag;
      } else {
        return "a tag's name has letters and digits only";
      }
      return {};
    case Where::in_tag:
      if (space(c)) return {};
      if (c == '>') {
        end_tag();
      } else if (name(c)) {
        attribute_.assign(1, lower(c));
        where_ = Where::attribute;
      } else {
        return "an attribute, or '>', is wanted here";
      }
      return {};
    case Where::attribute:
      if (name(c)) {
        attribute_.push_back(lower(c));
      } else if (c == '=') {
        where_ = Where::before_value;
      } else if (c == '>') {
        end_tag();
      } else if (space(c)) {
        where_ = Where::in_tag;
      } else {
        return "an attribute's name has letters, digits and '-' only";
      }
      return {};
    case Where::before_value:
      if (c != '"') return "an attribute's value stands in double quotes";
      where_ = Where::value;
      value_begun_ = false;
      return {};
    case Where::value:
      if (c == '"') {
        where_ = Where::in_tag;
      } else {
        value_begun_ = true;
      }
      return {};
    case Where::comment:
      recent_.push_back(c);
      if (c == '>' && (!recent_.starts_with("--") || (recent_.size() > 4 && recent_.ends_with("-->"))))
        where_ = Where::text;
      return {};
    case Where::raw:
      recent_.push_back(lower(c));
      if (recent_.ends_with("</" + tag_ + ">")) {
        where_ = Where::text;
        tag_.clear();
      }
      return {};
  }
  return {};
}

}  // namespace socle::page

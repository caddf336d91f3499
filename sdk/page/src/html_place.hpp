// html_place.hpp: where in an HTML text a template's compiler stands: fed every literal character, asked at each slot.
// It knows the part of HTML that templates of this product are written in and refuses the rest, so that it can never
// take one place for another. One compiler's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace socle::page {

class HtmlPlace {
 public:
  enum class Where : std::uint8_t { text, tag_start, tag_name, in_tag, attribute, before_value, value, comment, raw };

  // "" or what is wrong with the text at this character.
  std::string_view feed(char c);
  [[nodiscard]] Where where() const { return where_; }
  // In a value: the attribute's name in lower case, and whether anything of the value has come yet.
  [[nodiscard]] const std::string& attribute() const { return attribute_; }
  [[nodiscard]] bool value_begun() const { return value_begun_; }
  // A slot stood here.
  void filled() { value_begun_ = value_begun_ || where_ == Where::value; }
  // In a tag but in no value: an attribute that has begun is taken as ended. The compiler sees to it that what follows
  // does not go on with its name.
  bool settle() {
    const bool inside = where_ == Where::tag_name || where_ == Where::attribute || where_ == Where::in_tag;
    if (inside) where_ = Where::in_tag;
    return inside;
  }
  [[nodiscard]] bool same(const HtmlPlace& other) const {
    return where_ == other.where_ && tag_ == other.tag_ && (where_ != Where::value || attribute_ == other.attribute_);
  }

 private:
  void end_tag();

  Where where_ = Where::text;
  std::string tag_;  // of the tag we are in, "/" before an end tag's name; of a raw text, its element
  std::string attribute_;
  std::string recent_;  // in comments and raw text: the end of what was read
  bool value_begun_ = false;
};

}  // namespace socle::page

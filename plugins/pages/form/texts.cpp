#include "form/texts.hpp"

#include <algorithm>

#include "form/moments.hpp"
#include "socle/json/document.hpp"

namespace socle::pages {
namespace {

bool digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

// "1234567.50" → "1,234,567.50"; what is no plain number stays.
std::string grouped(std::string_view number) {
  const bool minus = number.starts_with('-');
  const auto whole = number.substr(minus ? 1 : 0, number.find('.') - (minus ? 1 : 0));
  const auto point = number.find('.');
  if (!digits(whole) || (point != std::string_view::npos && !digits(number.substr(point + 1))))
    return std::string(number);
  std::string out(minus ? "-" : "");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (i > 0 && (whole.size() - i) % 3 == 0) out += ',';
    out += whole[i];
  }
  if (point != std::string_view::npos) out.append(number.substr(point));
  return out;
}

bool is_money(std::string_view text) {
  const auto point = text.find('.');
  return point != std::string_view::npos && text.size() - point == 3 && digits(text.substr(0, point)) &&
         digits(text.substr(point + 1));
}

const Words* label(const Control& control, json::View value) {
  const std::string text = json::to_text(value);
  for (const auto& choice : control.choices)
    if (choice.json == text) return &choice.words;
  return nullptr;
}

std::string scalar(json::View value) {
  return value.is_string() ? std::string(value.as_string()) : value.exists() ? json::to_text(value) : std::string();
}

}  // namespace

std::string input_text(const Control& control, json::View value) {
  if (!value.exists()) return {};
  if (value.is_null() && control.widget != Widget::json) return {};
  if (control.widget == Widget::lines) {
    std::string out;
    for (const auto one : value.elements()) out += (out.empty() ? "" : "\n") + scalar(one);
    return value.is_array() ? out : scalar(value);
  }
  if (control.widget == Widget::json) return json::to_pretty_text(value);
  std::string out = scalar(value);
  if (control.widget != Widget::moment) return out;
  auto local = local_text(control.zone, out);
  return local ? std::move(*local) : out;
}

std::string shown_text(const Control& control, json::View value, Language language, std::string_view yes,
                       std::string_view no) {
  if (!value.exists() || value.is_null()) return {};
  if (value.is_boolean()) return std::string(value.as_bool() ? yes : no);
  if (const auto* words = label(control, value)) return words->in(language);
  if (value.is_array()) {
    std::string out;
    for (const auto one : value.elements()) {
      const auto* words = label(control, one);
      out += (out.empty() ? "" : ", ") + (words != nullptr ? words->in(language) : scalar(one));
    }
    return out;
  }
  const std::string text = scalar(value);
  if (value.is_number() || (value.is_string() && is_money(text))) return grouped(text);
  return control.widget == Widget::moment ? shown_moment(control.zone, text) : text;
}

bool write_typed(json::Writer& out, const Control& control, std::string_view text) {
  for (const auto& choice : control.choices) {
    if (choice.value != text || control.widget != Widget::choice) continue;
    const auto value = json::Document::parse(choice.json);
    out.value(value ? value->root() : json::View());
    return true;
  }
  const auto clean = trimmed(text);
  if (clean.empty()) {
    if (!control.empty_is_text) return false;
    out.string(text);
    return true;
  }
  if (control.widget == Widget::check && (clean == "true" || clean == "false")) {
    out.boolean(clean == "true");
    return true;
  }
  const bool number = control.widget == Widget::integer || control.widget == Widget::number;
  if ((number && !control.exact) || control.widget == Widget::json) {
    const auto value = json::Document::parse(clean);
    if (value && (control.widget == Widget::json || value->root().is_number())) {
      out.value(value->root());
      return true;
    }
  }
  if (control.widget == Widget::moment) {
    const auto instant = instant_text(control.zone, clean);
    out.string(instant ? std::string_view(*instant) : clean);
    return true;
  }
  out.string(control.widget == Widget::text || control.widget == Widget::area ? text : clean);
  return true;
}

}  // namespace socle::pages

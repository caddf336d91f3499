// words.cpp: see the header.
#include "model/words.hpp"

#include <algorithm>
#include <charconv>

#include "socle/json/nearest.hpp"
#include "socle/json/pointer.hpp"
#include "socle/json/writer.hpp"

namespace socle::forms {
namespace {

constexpr std::size_t max_words = 2000;  // bytes of one text for people

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// "0.8" of ";q=0.8" in thousandths; 1000 when there is none, 0 when it is no number.
int weight_of(std::string_view parameters) {
  const auto at = parameters.find("q=");
  if (at == std::string_view::npos) return 1000;
  double weight = 0;
  const auto text = trimmed(parameters.substr(at + 2));
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), weight);
  if (error != std::errc() || !(weight >= 0 && weight <= 1)) return 0;
  return static_cast<int>(weight * 1000);
}

}  // namespace

Language language_of(std::string_view accept_language) {
  Language best = Language::en;
  int best_weight = 0;
  while (!accept_language.empty()) {
    const auto comma = accept_language.find(',');
    const auto one = accept_language.substr(0, comma);
    accept_language.remove_prefix(comma == std::string_view::npos ? accept_language.size() : comma + 1);
    const auto semicolon = one.find(';');
    const auto range = trimmed(one.substr(0, semicolon));
    const auto primary = range.substr(0, range.find('-'));
    const bool zh = primary == "zh" || primary == "ZH" || primary == "Zh";
    const bool en = primary == "en" || primary == "EN" || primary == "En" || primary == "*";
    if (!zh && !en) continue;
    const int weight = semicolon == std::string_view::npos ? 1000 : weight_of(one.substr(semicolon));
    if (weight <= best_weight) continue;
    best_weight = weight;
    best = zh ? Language::zh : Language::en;
  }
  return best;
}

Words words_of(json::View value, const std::string& pointer, Diagnostics& diagnostics) {
  Words out;
  if (!value.exists()) return out;
  if (value.is_string()) {
    out.en = value.as_string();
    out.zh = value.as_string();
  } else if (value.is_object()) {
    only(value, {"en", "zh"}, pointer, diagnostics);
    for (const auto& [key, text] : value.members())
      if (!text.is_string())
        diagnostics.error(below(pointer, key), "bad_value",
                          "a text for people; found " + std::string(json::to_string(text.kind())));
    out.en = value.find("en").as_string();
    out.zh = value.find("zh").as_string();
  } else {
    diagnostics.error(pointer, "bad_value", "a text or {en, zh}; found " + std::string(json::to_string(value.kind())));
  }
  if (out.en.size() > max_words || out.zh.size() > max_words)
    diagnostics.error(pointer, "too_long", "a text for people has at most 2000 bytes");
  return out;
}

std::string below(std::string_view pointer, std::string_view token) {
  std::string out(pointer);
  out += '/';
  json::append_escaped(out, token);
  return out;
}
std::string below(std::string_view pointer, std::size_t index) {
  return std::string(pointer) + "/" + std::to_string(index);
}

void only(json::View object, std::initializer_list<std::string_view> known, const std::string& pointer,
          Diagnostics& diagnostics, std::initializer_list<std::string_view> later) {
  for (const auto& [key, value] : object.members()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    if (std::find(later.begin(), later.end(), key) != later.end()) {
      diagnostics.error(below(pointer, key), "later_part",
                        "'" + std::string(key) + "' belongs to a part that is not there yet; remove it");
      continue;
    }
    const std::string near(json::nearest(key, {known.begin(), known.size()}));
    std::string message = "'" + std::string(key.substr(0, 60)) + "' means nothing here";
    message += near.empty() ? std::string("; remove it") : "; did you mean '" + near + "'?";
    diagnostics.error(below(pointer, key), "unknown_key", std::move(message));
  }
}

std::string shown(json::View value) {
  std::string text = json::to_text(value);
  if (text.size() <= 60) return text;
  std::size_t cut = 60;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;
  return text.substr(0, cut) + "…";
}

}  // namespace socle::forms

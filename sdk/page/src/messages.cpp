#include "socle/page/messages.hpp"

namespace socle::page {

std::string_view tag_of(Language language) { return language == Language::zh ? "zh-Hans" : "en"; }

const Message* Messages::find(std::string_view key) const {
  for (const Message& message : table_)
    if (message.key == key) return &message;
  return nullptr;
}

std::string_view Messages::in(Language language, std::string_view key) const {
  const Message* message = find(key);
  if (message == nullptr) return key;
  return language == Language::zh ? message->zh : message->en;
}

std::string Messages::filled(Language language, std::string_view key,
                             std::initializer_list<std::string_view> values) const {
  const std::string_view text = in(language, key);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool place = text[i] == '{' && i + 2 < text.size() && text[i + 2] == '}' && text[i + 1] >= '0' &&
                       static_cast<std::size_t>(text[i + 1] - '0') < values.size();
    if (place) {
      out += values.begin()[text[i + 1] - '0'];
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace socle::page

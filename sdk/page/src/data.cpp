#include "socle/page/data.hpp"

namespace socle::page {

struct Data::Entry {
  std::string_view key;
  Value value;
};

Data::Data() { entries_.reserve(16); }
Data::Data(Data&&) noexcept = default;
Data& Data::operator=(Data&&) noexcept = default;
Data::~Data() = default;

Data& Data::view(std::string_view key, std::string_view text) {
  entries_.push_back({key, Value(Value::Kind::view, text)});
  return *this;
}
Data& Data::text(std::string_view key, std::string text) {
  entries_.push_back({key, Value(Value::Kind::text, std::move(text))});
  return *this;
}
Data& Data::flag(std::string_view key, bool on) {
  entries_.push_back({key, Value(on ? Value::Kind::on : Value::Kind::off, std::string_view())});
  return *this;
}
Data& Data::markup(std::string_view key, Markup html) {
  entries_.push_back({key, Value(Value::Kind::markup, html.html())});
  return *this;
}
Data& Data::list(std::string_view key, std::vector<Data> items) {
  entries_.push_back({key, Value(std::move(items))});
  return *this;
}
Data& Data::one(std::string_view key, Data item) {
  std::vector<Data> items;
  items.push_back(std::move(item));
  return list(key, std::move(items));
}
const Value* Data::find(std::string_view key) const {
  for (const Entry& entry : entries_)
    if (entry.key == key) return &entry.value;
  return nullptr;
}

bool Value::holds() const {
  switch (kind_) {
    case Kind::off: return false;
    case Kind::on: return true;
    case Kind::list: return !items_.empty();
    default: return !text().empty();
  }
}

}  // namespace socle::page

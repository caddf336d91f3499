// builder.hpp: making a flat document value by value. Use it from one thread; the document may go anywhere.
//
//   Builder b;
//   b.begin_object().member("id", 7).key("tags").begin_array().string("new").end_array().end_object();
//   Result<Document> document = b.finish();
//
// A call that cannot stand where it comes (a value without its key, an end too many), a string that is not UTF-8, a
// number that is not finite or not JSON, nesting past layout::max_depth: the first such fault is kept, later calls do
// nothing, and finish() returns it. A member named twice: the last value wins at the first one's place.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>

#include "socle/json/document.hpp"
#include "socle/json/view.hpp"
#include "socle/result.hpp"

namespace socle::json {

// The conveniences that Builder and Writer share: add(value) and member(key, value) for what C++ offers as a value.
template <class Self>
class Appender {
 public:
  template <class T>
  Self& add(const T& value) {
    auto& self = static_cast<Self&>(*this);
    if constexpr (std::same_as<T, bool>)
      return self.boolean(value);
    else if constexpr (std::same_as<T, std::nullptr_t>)
      return self.null();
    else if constexpr (std::same_as<T, View>)
      return self.value(value);
    else if constexpr (std::signed_integral<T>)
      return self.integer(value);
    else if constexpr (std::unsigned_integral<T>)
      return self.unsigned_integer(value);
    else if constexpr (std::floating_point<T>)
      return self.number(value);
    else
      return self.string(std::string_view(value));
  }
  template <class T>
  Self& member(std::string_view name, const T& value) {
    return static_cast<Self&>(*this).key(name).add(value);
  }
};

class Builder : public Appender<Builder> {
 public:
  Builder();
  ~Builder();
  Builder(Builder&&) noexcept;
  Builder& operator=(Builder&&) noexcept;

  Builder& begin_object();
  Builder& end_object();
  Builder& begin_array();
  Builder& end_array();
  Builder& key(std::string_view name);
  Builder& key(const Key& name);

  Builder& null();
  Builder& boolean(bool value);
  Builder& integer(std::int64_t value);
  Builder& unsigned_integer(std::uint64_t value);
  Builder& number(double value);                // shortest text that reads back to the same double
  Builder& number_text(std::string_view text);  // a JSON number, kept as written
  Builder& string(std::string_view text);
  Builder& value(View value);  // a whole subtree of another document, numbers as written

  // The document; the builder is empty again afterwards, also after an error.
  Result<Document> finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace socle::json

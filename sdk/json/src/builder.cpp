#include "socle/json/builder.hpp"

#include <charconv>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "src/emitter.hpp"
#include "src/number.hpp"
#include "src/utf8.hpp"

namespace socle::json {

struct Builder::Impl {
  struct Frame {
    std::size_t words;
    std::size_t keys;
    bool object;
  };

  Emitter out;
  std::vector<std::uint64_t> words;
  std::vector<std::uint32_t> hashes;
  std::vector<Frame> frames;
  bool has_key = false;  // in an object, after key()
  bool gaps = false;
  bool failed = false;
  Error error;

  void fail(Code code, std::string reason) {
    if (failed) return;
    failed = true;
    error = Error{code, "build a JSON document: " + std::move(reason)};
  }
  // May a value come now? Keeps the fault if not.
  bool may_put() {
    if (failed) return false;
    if (frames.empty() && !words.empty())
      fail(Code::internal, "a second value after the root; put both into an array or object");
    else if (!frames.empty() && frames.back().object && !has_key)
      fail(Code::internal, "a value in an object without a key(); call key() first");
    return !failed;
  }
  void put(std::uint64_t word) {
    words.push_back(word);
    has_key = false;
  }
  void put_number(std::string_view text) {
    const auto number = text.size() <= layout::max_length ? whole_number(text) : std::nullopt;
    if (!number) return fail(Code::invalid, "'" + std::string(text.substr(0, 40)) + "' is not a JSON number");
    out.reserve(Emitter::room_for_text(text.size()) + 8);
    put(out.put_number(*number, text));
  }
  template <class T>
  void put_printed(T value) {
    char text[32];
    const auto [end, status] = std::to_chars(text, text + sizeof text, value);
    put_number({text, static_cast<std::size_t>(end - text)});
  }
  bool check_text(std::string_view text) {
    if (text.size() > layout::max_length)
      fail(Code::too_large, "a string of " + std::to_string(text.size()) + " bytes");
    else if (!is_utf8(text))
      fail(Code::invalid, "a string that is not UTF-8");
    return !failed;
  }
  void begin(bool object) {
    if (!may_put()) return;
    if (frames.size() >= layout::max_depth)
      return fail(Code::too_large, "nested deeper than " + std::to_string(layout::max_depth) + " levels");
    frames.push_back({words.size(), hashes.size(), object});
    has_key = false;
  }
  bool may_end(bool object) {
    if (failed) return false;
    if (frames.empty() || frames.back().object != object)
      fail(Code::internal, object ? "end_object() outside an object" : "end_array() outside an array");
    else if (has_key)
      fail(Code::internal, "end_object() after a key() without its value");
    return !failed;
  }
  void end_array() {
    if (!may_end(false)) return;
    const Frame frame = frames.back();
    frames.pop_back();
    const std::size_t count = words.size() - frame.words;
    out.reserve(count * 8);
    const auto word = out.put_array(words.data() + frame.words, count);
    words.resize(frame.words);
    put(word);
  }
  void end_object() {
    if (!may_end(true)) return;
    const Frame frame = frames.back();
    frames.pop_back();
    std::uint64_t* const members = words.data() + frame.words;
    std::uint32_t* const keys = hashes.data() + frame.keys;
    std::size_t count = hashes.size() - frame.keys;
    out.reserve(Emitter::room_for_object(count));
    std::uint64_t word = 0;
    if (out.put_object(members, keys, count, word) != View::none) {
      gaps = true;
      count = out.drop_duplicates(members, keys, count);
      out.put_object(members, keys, count, word);
    }
    words.resize(frame.words);
    hashes.resize(frame.keys);
    put(word);
  }
  void key(std::string_view name, std::uint32_t hash) {
    if (failed) return;
    if (frames.empty() || !frames.back().object) return fail(Code::internal, "key() outside an object");
    if (has_key) return fail(Code::internal, "key() after a key() without its value");
    if (!check_text(name)) return;
    out.reserve(Emitter::room_for_text(name.size()));
    words.push_back(out.put_string(name));
    hashes.push_back(hash);
    has_key = true;
  }
  // A spliced subtree may be deep itself. Views are at most max_depth deep, so this recursion is bounded.
  static bool fits(View value, std::size_t depth) {
    if (!value.is_array() && !value.is_object()) return true;
    if (depth >= layout::max_depth) return false;
    for (View element : value.elements())
      if (!fits(element, depth + 1)) return false;
    for (auto [name, member] : value.members())
      if (!fits(member, depth + 1)) return false;
    return true;
  }
  Result<Document> finish() {
    if (!frames.empty()) fail(Code::internal, "finish() with a container still open");
    if (words.empty()) fail(Code::internal, "finish() without a value");
    if (failed) return std::move(error);
    if (gaps) return Document::copy_of(View(out.data(), words[0]));
    out.finish(words[0]);
    return Document({out.data(), out.size()});
  }
};

Builder::Builder() : impl_(std::make_unique<Impl>()) {}
Builder::~Builder() = default;
Builder::Builder(Builder&&) noexcept = default;
Builder& Builder::operator=(Builder&&) noexcept = default;

Builder& Builder::begin_object() {
  impl_->begin(true);
  return *this;
}
Builder& Builder::end_object() {
  impl_->end_object();
  return *this;
}
Builder& Builder::begin_array() {
  impl_->begin(false);
  return *this;
}
Builder& Builder::end_array() {
  impl_->end_array();
  return *this;
}
Builder& Builder::key(std::string_view name) {
  impl_->key(name, layout::hash_key(name));
  return *this;
}
Builder& Builder::key(const Key& name) {
  impl_->key(name.text(), name.hash());
  return *this;
}
Builder& Builder::null() {
  if (impl_->may_put()) impl_->put(layout::word(layout::Tag::null, 0, 0));
  return *this;
}
Builder& Builder::boolean(bool value) {
  if (impl_->may_put()) impl_->put(layout::word(layout::Tag::boolean, value ? 8 : 0, 0));
  return *this;
}
Builder& Builder::integer(std::int64_t value) {
  if (impl_->may_put()) impl_->put_printed(value);
  return *this;
}
Builder& Builder::unsigned_integer(std::uint64_t value) {
  if (impl_->may_put()) impl_->put_printed(value);
  return *this;
}
Builder& Builder::number(double value) {
  if (!impl_->may_put()) return *this;
  if (std::isfinite(value))
    impl_->put_printed(value);
  else
    impl_->fail(Code::invalid, "a number that is not finite");
  return *this;
}
Builder& Builder::number_text(std::string_view text) {
  if (impl_->may_put()) impl_->put_number(text);
  return *this;
}
Builder& Builder::string(std::string_view text) {
  if (!impl_->may_put() || !impl_->check_text(text)) return *this;
  impl_->out.reserve(Emitter::room_for_text(text.size()));
  impl_->put(impl_->out.put_string(text));
  return *this;
}
Builder& Builder::value(View value) {
  if (!impl_->may_put()) return *this;
  if (!value.exists())
    impl_->fail(Code::internal, "an absent view; check exists() first");
  else if (!impl_->frames.empty() && !Impl::fits(value, impl_->frames.size()))
    impl_->fail(Code::too_large, "nested deeper than " + std::to_string(layout::max_depth) + " levels");
  else
    impl_->put(copy_value(impl_->out, value));
  return *this;
}

Result<Document> Builder::finish() {
  auto result = impl_->finish();
  impl_ = std::make_unique<Impl>();
  return result;
}

}  // namespace socle::json

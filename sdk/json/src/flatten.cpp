// Why nothing here checks for the end of the text at each byte: run() insists that a text that starts with a bracket
// ends with a closing one, so every number, literal and string inside stops before it, and only after a closed value
// can the tokens be used up. A text that is a single scalar comes from parser.cpp in a copy with a space behind it.
#include "src/flatten.hpp"

#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "src/number.hpp"
#include "src/unescape.hpp"

namespace socle::json {
namespace {

constexpr bool space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
constexpr bool ends_scalar(char c) { return c == ',' || c == ']' || c == '}' || space(c); }

// Copies [from, from + size) in blocks, scribbling up to 16 bytes past the end of `to`; false once a backslash is met.
// `limit` is the end of what may be read.
bool copy_plain(const char* from, std::size_t size, const char* limit, char* to) {
#ifdef __SSE2__
  if (static_cast<std::size_t>(limit - from) >= size + 16) {
    const __m128i backslash = _mm_set1_epi8('\\');
    for (std::size_t i = 0; i < size; i += 16) {
      const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i), block);
      auto met = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, backslash)));
      if (size - i < 16) met &= (1u << (size - i)) - 1;
      if (met != 0) return false;
    }
    return true;
  }
#else
  static_cast<void>(limit);
#endif
  std::memcpy(to, from, size);
  return std::memchr(from, '\\', size) == nullptr;
}

}  // namespace

void Flattener::reserve(std::size_t tokens) {
  if (tokens <= capacity_) return;
  words_.reset(new std::uint64_t[tokens]);
  hashes_.reset(new std::uint32_t[tokens]);
  places_.reset(new std::uint32_t[tokens]);
  capacity_ = tokens;
}

void Flattener::shrink(std::size_t limit) {
  if (retained() <= limit) return;
  words_.reset();
  hashes_.reset();
  places_.reset();
  capacity_ = 0;
}

Flattened Flattener::run(const Tokens& tokens, const ParseOptions& options, Emitter& out) {
  in_ = tokens;
  options_ = options;
  out_ = &out;
  reserve(tokens.count + 2);
  // Upper bound of the document: each payload is its text, up to 15 bytes of padding and number bits, and its share of
  // a table (at most 40 bytes a member, which takes four tokens or three and a bracket; 8 an element, which takes two).
  out.reserve(tokens.size + tokens.count * 16 + 64);
  next_ = 0;
  keys_ = 0;
  depth_ = 0;
  gaps_ = false;
  word_ = words_.get();
  outcome_ = Flattened::wrong;
  if (tokens.count == 0) return outcome_;
  const char first = tokens.text[tokens.at[0]];
  const char last = tokens.text[tokens.at[tokens.count - 1]];
  if ((first == '{' || first == '[') && last != '}' && last != ']') return outcome_;
  if (walk()) outcome_ = Flattened::done;
  return outcome_;
}

bool Flattener::walk() {
  for (;;) {
    if (depth_ != 0 && frames_[depth_ - 1].object && !member_name()) return false;
    const char c = token();
    if (c == '{' || c == '[') {
      const std::size_t before = depth_;
      if (!open(c)) return false;
      if (depth_ != before) continue;  // not empty: its first member or element comes next
    } else if (!value()) {
      return false;
    }
    for (;;) {  // after a value
      if (depth_ == 0 || next_ == in_.count) return depth_ == 0 && next_ == in_.count;
      const char after = token();
      ++next_;
      if (after == ',') break;
      if (after != (frames_[depth_ - 1].object ? '}' : ']') || !close()) return false;
    }
    if (next_ == in_.count) return false;
  }
}

bool Flattener::member_name() {
  if (token() != '"') return false;
  places_[keys_] = in_.at[next_];
  std::uint64_t word = 0;
  if (!string(word)) return false;
  *word_++ = word;
  hashes_[keys_++] = layout::hash_padded(out_->data() + layout::at_of(word), layout::length_of(word));
  if (token() != ':') return false;
  ++next_;
  return true;
}

bool Flattener::value() {
  switch (token()) {
    case '"': return string(*word_) && ++word_;
    case 't': return literal("true", layout::word(layout::Tag::boolean, 8, 0));
    case 'f': return literal("false", layout::word(layout::Tag::boolean, 0, 0));
    case 'n': return literal("null", layout::word(layout::Tag::null, 0, 0));
    default: return number();
  }
}

// The closing quote is the last byte before the next token that is no white space.
bool Flattener::string(std::uint64_t& word) {
  const char* const from = in_.text + in_.at[next_] + 1;
  ++next_;
  const char* end = in_.text + (next_ < in_.count ? in_.at[next_] : in_.size) - 1;
  while (space(*end)) --end;
  if (end < from || *end != '"') return false;
  const auto size = static_cast<std::size_t>(end - from);
  if (copy_plain(from, size, in_.text + in_.size, out_->end())) {
    word = out_->seal_string(size);
    return true;
  }
  const auto plain = unescape(from, end, out_->end());
  if (plain) word = out_->seal_string(*plain);
  return plain.has_value();
}

bool Flattener::literal(std::string_view text, std::uint64_t word) {
  const std::size_t at = in_.at[next_];
  if (in_.size - at < text.size() || std::memcmp(in_.text + at, text.data(), text.size()) != 0) return false;
  if (in_.size - at > text.size() && !ends_scalar(in_.text[at + text.size()])) return false;
  *word_++ = word;
  ++next_;
  return true;
}

bool Flattener::number() {
  const char* const text = in_.text + in_.at[next_];
  Number number;
  if (!scan_number(text, number) || !ends_scalar(text[number.length])) return false;
  *word_++ = out_->put_number(number, {text, number.length});
  ++next_;
  return true;
}

// Opens a container, or, when it is empty, appends it at once.
bool Flattener::open(char bracket) {
  if (depth_ >= options_.max_depth) return false;
  const bool object = bracket == '{';
  ++next_;
  if (next_ == in_.count) return false;
  if (token() == (object ? '}' : ']')) {
    ++next_;
    *word_++ = layout::word(object ? layout::Tag::object : layout::Tag::array, out_->size(), 0);
    return true;
  }
  frames_[depth_++] = {static_cast<std::uint32_t>(word_ - words_.get()), keys_, object};
  return true;
}

bool Flattener::close() {
  const Frame frame = frames_[--depth_];
  std::uint64_t* const first = words_.get() + frame.words;
  if (!frame.object) {
    *first = out_->put_array(first, static_cast<std::size_t>(word_ - first));
  } else {
    std::uint32_t* const hashes = hashes_.get() + frame.keys;
    std::size_t count = keys_ - frame.keys;
    if (count > options_.max_members) {
      outcome_ = Flattened::too_many_members;
      place_ = places_[frame.keys + options_.max_members];
      return false;
    }
    std::uint64_t word = 0;
    if (const auto twice = out_->put_object(first, hashes, count, word); twice != View::none) {
      if (options_.duplicates == Duplicates::refuse) {
        outcome_ = Flattened::duplicate;
        place_ = places_[frame.keys + twice];
        return false;
      }
      gaps_ = true;
      count = out_->drop_duplicates(first, hashes, count);
      out_->put_object(first, hashes, count, word);
    }
    *first = word;
    keys_ = frame.keys;
  }
  word_ = first + 1;
  return true;
}

}  // namespace socle::json

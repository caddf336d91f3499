// Why nothing here checks for the end of the text at each byte: run() insists that a text that starts with a bracket
// ends with a closing one, so every number, literal and string inside stops before it, and only after a closed value
// can the tokens be used up. A text that is a single scalar comes from parser.cpp in a copy with a space behind it.
//
// Why the walk's state is a local object with everything inlined into it: writing the document through char pointers
// may alias any member, so that state in members is stored and loaded again for every token (measured: twice the time).
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

// Copies [from, from + size), scribbling up to block bytes past the end of `to`; false once a backslash is met. The
// first 32 bytes go in one piece: most strings are shorter, and a loop whose length nobody can predict costs more.
// REQUIRES: size + block bytes may be read.
constexpr std::size_t block = 32;
#ifdef __SSE2__
[[gnu::always_inline]] inline bool copy_plain(const char* from, std::size_t size, char* to) {
  const __m128i backslash = _mm_set1_epi8('\\');
  for (std::size_t i = 0;; i += block) {
    const auto* source = reinterpret_cast<const __m128i*>(from + i);
    auto* target = reinterpret_cast<__m128i*>(to + i);
    const __m128i low = _mm_loadu_si128(source);
    const __m128i high = _mm_loadu_si128(source + 1);
    _mm_storeu_si128(target, low);
    _mm_storeu_si128(target + 1, high);
    const auto met_low = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(low, backslash)));
    const auto met_high = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(high, backslash)));
    const std::uint64_t met = met_low | (met_high << 16);
    const std::size_t rest = size - i;
    if (rest <= block) return (met & ((std::uint64_t{1} << rest) - 1)) == 0;
    if (met != 0) return false;
  }
}
#else
[[gnu::always_inline]] inline bool copy_plain(const char* from, std::size_t size, char* to) {
  std::memcpy(to, from, size);
  return std::memchr(from, '\\', size) == nullptr;
}
#endif

// layout::hash_key of a text with 8 more readable bytes behind it. Hashing the copy instead would wait for its stores.
[[gnu::always_inline]] inline std::uint32_t hash_readable(const char* key, std::size_t size) {
  std::uint64_t state = layout::hash_seed;
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) state = layout::fold(state ^ layout::load64(key + i), layout::hash_prime);
  if (i < size) {
    const std::uint64_t part = layout::load64(key + i) & ((std::uint64_t{1} << (8 * (size - i))) - 1);
    state = layout::fold(state ^ part, layout::hash_prime);
  }
  return layout::hash_end(state, size);
}

// Copies a string that has escapes or that lies too near the end for blocks. Returns its length, or View::none.
[[gnu::noinline]] std::size_t copy_slowly(const char* from, std::size_t size, char* to) {
  return unescape(from, from + size, to).value_or(View::none);
}

}  // namespace

// Where the walk is. Its address must not reach a function that is not inlined.
struct Flattener::Cursor {
  const char* text;
  const char* text_end;
  const std::uint32_t* token;
  const std::uint32_t* tokens_end;
  char* base;           // first byte of the document,
  char* out;            // and where the next payload goes
  std::uint64_t* word;  // tops of the stacks
  std::uint32_t* hash;
  std::uint32_t* place;

  [[gnu::always_inline]] char character() const { return text[*token]; }

  // The closing quote is the last byte before the next token that is no white space.
  template <bool with_hash>
  [[gnu::always_inline]] bool string() {
    const char* const from = text + *token + 1;
    if constexpr (with_hash) *place++ = *token;
    const char* end = text + *++token - 1;
    while (space(*end)) --end;
    if (end < from || *end != '"') return false;
    auto size = static_cast<std::size_t>(end - from);
    if (static_cast<std::size_t>(text_end - end) >= block && copy_plain(from, size, out)) {
      if constexpr (with_hash) *hash++ = hash_readable(from, size);
      seal(layout::Tag::string, 0, size);
      return true;
    }
    size = copy_slowly(from, size, out);
    if (size == View::none) return false;
    const char* const copy = out;
    seal(layout::Tag::string, 0, size);
    if constexpr (with_hash) *hash++ = layout::hash_padded(copy, size);
    return true;
  }
  // Closes the payload whose text begins at out + head: pads it with zeros and pushes its word.
  [[gnu::always_inline]] void seal(layout::Tag tag, std::size_t head, std::size_t size) {
    constexpr std::uint64_t zero = 0;
    std::memcpy(out + head + size, &zero, 8);
    *word++ = layout::word(tag, static_cast<std::size_t>(out - base), size);
    out += head + layout::padded(size);
  }
  [[gnu::always_inline]] bool number() {
    const char* const from = text + *token++;
    Number number;
    if (!scan_number(from, number) || !ends_scalar(from[number.length])) return false;
    std::memcpy(out, &number.bits, 8);
    if (number.length <= block && static_cast<std::size_t>(text_end - from) >= block)
      std::memcpy(out + 8, from, block);
    else
      std::memcpy(out + 8, from, number.length);
    seal(number.tag, 8, number.length);
    return true;
  }
  [[gnu::always_inline]] bool literal(std::string_view name, std::uint64_t value) {
    const char* const from = text + *token++;
    const auto rest = static_cast<std::size_t>(text_end - from);
    if (rest < name.size() || std::memcmp(from, name.data(), name.size()) != 0) return false;
    if (rest > name.size() && !ends_scalar(from[name.size()])) return false;
    *word++ = value;
    return true;
  }
  [[gnu::always_inline]] bool scalar(char first) {
    switch (first) {
      case '"': return string<false>();
      case 't': return literal("true", layout::word(layout::Tag::boolean, 8, 0));
      case 'f': return literal("false", layout::word(layout::Tag::boolean, 0, 0));
      case 'n': return literal("null", layout::word(layout::Tag::null, 0, 0));
      default: return number();
    }
  }
  [[gnu::always_inline]] bool member_name() { return character() == '"' && string<true>() && text[*token++] == ':'; }
};

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
  options_ = options;
  out_ = &out;
  gaps_ = false;
  outcome_ = Flattened::wrong;
  if (tokens.count == 0) return outcome_;
  const char first = tokens.text[tokens.at[0]];
  const char last = tokens.text[tokens.at[tokens.count - 1]];
  if ((first == '{' || first == '[') && last != '}' && last != ']') return outcome_;
  reserve(tokens.count + 2);
  // Upper bound of the document: each payload is its text, up to 15 bytes of padding and number bits, and its share of
  // a table (at most 40 bytes a member, which takes four tokens or three and a bracket; 8 an element, which takes two).
  out.reserve(tokens.size + tokens.count * 16 + 64);
  if (walk(tokens)) outcome_ = Flattened::done;
  return outcome_;
}

bool Flattener::walk(const Tokens& tokens) {
  Cursor at{tokens.text,   tokens.text + tokens.size,
            tokens.at,     tokens.at + tokens.count,
            out_->begin(), out_->end(),
            words_.get(),  hashes_.get(),
            places_.get()};
  Frame* const bottom = frames_.data();
  Frame* const limit = bottom + options_.max_depth;
  Frame* frame = bottom;  // one past the innermost open container
  for (;;) {
    if (frame != bottom && frame[-1].object && !at.member_name()) return false;
    const char c = at.character();
    if (c == '{' || c == '[') {
      if (frame == limit || ++at.token == at.tokens_end) return false;
      const bool object = c == '{';
      if (at.character() != (object ? '}' : ']')) {
        *frame++ = {static_cast<std::uint32_t>(at.word - words_.get()),
                    static_cast<std::uint32_t>(at.hash - hashes_.get()), object};
        continue;  // its first member or element comes next
      }
      ++at.token;
      *at.word++ = layout::word(object ? layout::Tag::object : layout::Tag::array,
                                static_cast<std::size_t>(at.out - at.base), 0);
    } else if (!at.scalar(c)) {
      return false;
    }
    for (;;) {  // after a value
      if (frame == bottom || at.token == at.tokens_end) {
        out_->advance(static_cast<std::size_t>(at.out - out_->end()));
        return frame == bottom && at.token == at.tokens_end;
      }
      const char after = at.character();
      ++at.token;
      if (after == ',') break;
      --frame;
      if (after != (frame->object ? '}' : ']')) return false;
      out_->advance(static_cast<std::size_t>(at.out - out_->end()));
      if (!close(*frame, at.word, at.hash)) return false;
      at.word = words_.get() + frame->words + 1;
      at.hash = hashes_.get() + frame->keys;
      at.place = places_.get() + frame->keys;
      at.out = out_->end();
    }
  }
}

// Appends the table of a container whose words and hashes lie on the stacks up to the given ends, and leaves its own
// word at the place of the first.
bool Flattener::close(Frame frame, const std::uint64_t* words_end, const std::uint32_t* hashes_end) {
  std::uint64_t* const first = words_.get() + frame.words;
  if (!frame.object) {
    *first = out_->put_array(first, static_cast<std::size_t>(words_end - first));
    return true;
  }
  std::uint32_t* const hashes = hashes_.get() + frame.keys;
  auto count = static_cast<std::size_t>(hashes_end - hashes);
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
  return true;
}

}  // namespace socle::json

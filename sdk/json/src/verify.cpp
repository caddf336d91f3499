// Replays how the document must have been written. A cursor stands where the next payload has to begin; each value must
// begin exactly there and leaves the cursor behind itself. So every byte is accounted for once, in order, and the work
// is linear whatever the bytes say. Recursion is bounded by layout::max_depth.
#include <cstring>
#include <string>

#include "socle/json/document.hpp"
#include "src/number.hpp"
#include "src/utf8.hpp"

namespace socle::json {
namespace {

using layout::Tag;

class Verifier {
 public:
  explicit Verifier(std::string_view bytes) : bytes_(bytes) {}

  Status run() {
    if (!header()) return std::move(error_);
    layout::Header header;
    std::memcpy(&header, bytes_.data(), sizeof header);
    if (!value(header.root, bytes_.size(), 0)) return std::move(error_);
    if (cursor_ != bytes_.size() && !fail("bytes after the root value")) return std::move(error_);
    return {};
  }

 private:
  bool header() {
    cursor_ = 0;
    if (bytes_.size() < sizeof(layout::Header)) return fail("shorter than its 24-byte header");
    if (reinterpret_cast<std::uintptr_t>(bytes_.data()) % 8 != 0) return fail("not at an 8-byte aligned address");
    layout::Header header;
    std::memcpy(&header, bytes_.data(), sizeof header);
    if (std::memcmp(header.magic, layout::magic, 4) != 0) return fail("does not start with 'sdoc'");
    if (header.version != layout::version)
      return fail("layout version " + std::to_string(header.version) + ", this library reads " +
                  std::to_string(layout::version));
    if (header.zero != 0) return fail("a reserved field is not zero");
    if (header.size != bytes_.size())
      return fail("says it has " + std::to_string(header.size) + " bytes, but there are " +
                  std::to_string(bytes_.size()));
    cursor_ = sizeof header;
    return true;
  }

  // `limit` is where the table of the enclosing container begins: nothing of this value may reach past it.
  bool value(std::uint64_t word, std::size_t limit, unsigned depth) {
    switch (layout::tag_of(word)) {
      case Tag::null: return word == layout::word(Tag::null, 0, 0) || fail("a null with a payload");
      case Tag::boolean: return word == layout::word(Tag::boolean, layout::at_of(word) & 8, 0) || fail("a bad boolean");
      case Tag::integer:
      case Tag::unsigned_integer:
      case Tag::number: return number(word, limit);
      case Tag::string: return string(word, limit);
      case Tag::array: return array(word, limit, depth);
      case Tag::object:
      case Tag::object_sorted: return object(word, limit, depth);
      default: return fail("a value of no known kind");
    }
  }

  bool here(std::uint64_t word, std::size_t size, std::size_t limit) {
    if (layout::at_of(word) != cursor_) return fail("a payload is not where it must be");
    return (cursor_ <= limit && size <= limit - cursor_) || fail("a payload reaches past its container");
  }
  bool zeros(std::size_t from, std::size_t to) {
    for (; from < to; ++from)
      if (bytes_[from] != 0) return fail("padding is not zero");
    return true;
  }

  bool number(std::uint64_t word, std::size_t limit) {
    const std::size_t length = layout::length_of(word);
    const std::size_t size = 8 + layout::padded(length);
    if (!here(word, size, limit)) return false;
    const auto scanned = whole_number(bytes_.substr(cursor_ + 8, length));
    if (!scanned) return fail("a number's text is not a number");
    if (scanned->tag != layout::tag_of(word)) return fail("a number of the wrong kind");
    if (scanned->bits != layout::load64(bytes_.data() + cursor_)) return fail("a number's value is not its text's");
    if (!zeros(cursor_ + 8 + length, cursor_ + size)) return false;
    cursor_ += size;
    return true;
  }

  bool string(std::uint64_t word, std::size_t limit) {
    const std::size_t length = layout::length_of(word);
    const std::size_t size = layout::padded(length);
    if (!here(word, size, limit)) return false;
    if (!is_utf8(bytes_.substr(cursor_, length))) return fail("a string is not UTF-8");
    if (!zeros(cursor_ + length, cursor_ + size)) return false;
    cursor_ += size;
    return true;
  }

  // The payloads of what is inside come first, then the table at the place that the word names.
  bool table(std::uint64_t word, std::size_t size, std::size_t limit, unsigned depth) {
    if (depth >= layout::max_depth) return fail("nested deeper than " + std::to_string(layout::max_depth) + " levels");
    const std::size_t at = layout::at_of(word);
    return (at >= cursor_ && at <= limit && size <= limit - at) || fail("a table is outside its container");
  }

  bool array(std::uint64_t word, std::size_t limit, unsigned depth) {
    const std::size_t count = layout::length_of(word);
    if (!table(word, count * 8, limit, depth)) return false;
    const std::size_t at = layout::at_of(word);
    for (std::size_t i = 0; i < count; ++i)
      if (!value(layout::load64(bytes_.data() + at + i * 8), at, depth + 1)) return false;
    if (cursor_ != at) return fail("a gap before an array's table");
    cursor_ += count * 8;
    return true;
  }

  bool object(std::uint64_t word, std::size_t limit, unsigned depth) {
    const std::size_t count = layout::length_of(word);
    const auto tag = layout::tag_of(word);
    if (tag == Tag::object_sorted && count <= layout::scan_limit) return fail("a small object with an index");
    const std::size_t index = count * 16 + layout::padded(count * 4);
    const std::size_t size = index + layout::index_size(tag, count);
    if (!table(word, size, limit, depth)) return false;
    const std::size_t at = layout::at_of(word);
    const char* const table = bytes_.data() + at;
    for (std::size_t i = 0; i < count; ++i) {
      const auto key = layout::load64(table + i * 16);
      if (layout::tag_of(key) != Tag::string) return fail("a member name that is no string");
      if (!string(key, at)) return false;
      if (layout::hash_padded(bytes_.data() + layout::at_of(key), layout::length_of(key)) !=
          layout::load32(table + count * 16 + i * 4))
        return fail("a member name's hash is wrong");
      if (!value(layout::load64(table + i * 16 + 8), at, depth + 1)) return false;
    }
    if (cursor_ != at) return fail("a gap before an object's table");
    if (!zeros(at + count * 20, at + index)) return false;
    const bool indexed = tag == Tag::object_sorted ? sorted_index(table, count, at + index)
                                                   : count <= layout::scan_limit || hash_index(word, at + index);
    if (!indexed || !distinct(word)) return false;
    cursor_ = at + size;
    return true;
  }

  // Every entry names a member, and exactly `count` are taken, so that half are free and every probe ends.
  bool hash_index(std::uint64_t word, std::size_t index) {
    const std::size_t count = layout::length_of(word);
    const std::size_t width = layout::narrow(count) ? 1 : 4;
    std::size_t taken = 0;
    for (std::size_t slot = 0; slot < layout::slots(count); ++slot) {
      const char* const at = bytes_.data() + index + slot * width;
      const std::size_t entry = width == 1 ? static_cast<unsigned char>(*at) : std::size_t{layout::load32(at)};
      if (entry > count) return fail("an index entry names no member");
      taken += entry != 0;
    }
    if (taken != count) return fail("an index of the wrong size");
    const std::size_t end = index + layout::slots(count) * width;
    return zeros(end, layout::padded(end)) && short_probes(word, index, width);
  }

  // A crafted index may be full of long runs; the writer would have sorted instead, and lookups count on that.
  bool short_probes(std::uint64_t word, std::size_t index, std::size_t width) {
    const std::size_t count = layout::length_of(word);
    const std::size_t mask = layout::slots(count) - 1;
    const char* const hashes = bytes_.data() + layout::at_of(word) + count * 16;
    for (std::size_t slot = 0; slot <= mask; ++slot) {
      const char* const at = bytes_.data() + index + slot * width;
      const std::size_t entry = width == 1 ? static_cast<unsigned char>(*at) : std::size_t{layout::load32(at)};
      if (entry == 0) continue;
      const std::size_t home = layout::load32(hashes + (entry - 1) * 4) & mask;
      if (((slot - home) & mask) > layout::probe_limit) return fail("an index entry is too far from its place");
    }
    return true;
  }

  // Strictly ascending names: each member number can then stand only once.
  bool sorted_index(const char* table, std::size_t count, std::size_t index) {
    std::string_view before;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t member = layout::load32(bytes_.data() + index + i * 4);
      if (member >= count) return fail("an index entry names no member");
      const auto word = layout::load64(table + member * 16);
      const auto key = bytes_.substr(layout::at_of(word), layout::length_of(word));
      if (i != 0 && !(before < key)) return fail("a sorted index is not in order");
      before = key;
    }
    const std::size_t end = index + count * 4;
    return zeros(end, layout::padded(end));
  }

  // Looking each name up finds that very member: the index is right and no name stands twice.
  bool distinct(std::uint64_t word) {
    const View object(bytes_.data(), word);
    for (std::size_t i = 0; i < object.size(); ++i)
      if (object.member_index(object.key_at(i)) != i) return fail("a member cannot be found by its name");
    return true;
  }

  bool fail(const std::string& reason) {
    error_ = Error{Code::invalid, "not a valid flat document: " + reason + " (byte " + std::to_string(cursor_) + ")"};
    return false;
  }

  std::string_view bytes_;
  std::size_t cursor_ = 0;
  Error error_;
};

}  // namespace

Status verify(std::string_view bytes) { return Verifier(bytes).run(); }

}  // namespace socle::json

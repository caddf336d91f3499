// document.hpp: making a flat document of JSON text, owning it, and trusting bytes that came from elsewhere.
// A Document is immutable; its views may be read by any thread as long as it lives. A Parser is for one thread at a
// time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "socle/json/view.hpp"
#include "socle/result.hpp"

namespace socle::json {

// What to do when an object names a member twice.
enum class Duplicates : std::uint8_t {
  last_wins,
  refuse
};  // last_wins keeps the first one's place, as JavaScript does

struct ParseOptions {
  std::size_t max_size = std::size_t{64} << 20;    // bytes of text; at most layout::max_length whatever is said
  unsigned max_depth = 512;                        // containers inside one another; at most layout::max_depth
  std::size_t max_members = std::size_t{1} << 20;  // members of one object
  Duplicates duplicates = Duplicates::last_wins;
};

// Where a text is wrong. Lines end with \n; columns count characters (code points); both start at 1.
struct Position {
  std::size_t offset = 0;  // in bytes, from 0
  std::size_t line = 1;
  std::size_t column = 1;
};

class Document {
 public:
  // Strict RFC 8259 in UTF-8, no byte-order mark; a lone surrogate in a \u escape is refused, as it is not UTF-8.
  // Code::invalid or too_large; the message is "line 3, column 7 (byte 42): what is wrong, what was found". `where`,
  // if given, is set to the same place on failure. The text need not be padded or terminated.
  static Result<Document> parse(std::string_view text, const ParseOptions& options = {}, Position* where = nullptr);
  // A private, verified copy of bytes from elsewhere, at any alignment.
  static Result<Document> adopt(std::string_view bytes);
  // A document of its own with this value as its root. REQUIRES: value.exists()
  static Document copy_of(View value);

  Document();  // null
  Document(Document&& other) noexcept;
  Document& operator=(Document&& other) noexcept;
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;
  ~Document();

  [[nodiscard]] View root() const;
  [[nodiscard]] std::string_view bytes() const;  // 8-byte aligned; copy them anywhere 8-byte aligned

 private:
  friend class Parser;
  friend class Builder;
  explicit Document(std::string_view bytes);
  std::unique_ptr<char[]> bytes_;
};

// Reuses its buffers from text to text: a server keeps one per worker. It keeps at most `retained()` bytes between
// texts.
class Parser {
 public:
  Parser();
  ~Parser();
  Parser(Parser&&) noexcept;
  Parser& operator=(Parser&&) noexcept;

  // As Document::parse.
  Result<Document> parse(std::string_view text, const ParseOptions& options = {}, Position* where = nullptr);
  // The same without the copy: the document's bytes, valid until the parser's next use.
  Result<std::string_view> flatten(std::string_view text, const ParseOptions& options = {}, Position* where = nullptr);
  [[nodiscard]] std::size_t retained() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Checks a flat document from an untrusted source completely: header, every offset, length, hash, index entry, number
// value, UTF-8 and the order of payloads. Reads nothing outside `bytes`, takes linear time and at most max_depth stack
// frames. `bytes` must start at an 8-byte aligned address. Code::invalid names the first offence and its byte.
// Bytes that another process can still change must be copied before they are verified.
[[nodiscard]] Status verify(std::string_view bytes);

// The root of a document that this process made or has verified; absent when the bytes do not even start like one
// (magic, version, size, alignment).
[[nodiscard]] View open(std::string_view bytes);

// The media type of a flat document.
inline constexpr std::string_view media_type = "application/x-socle-doc";

}  // namespace socle::json

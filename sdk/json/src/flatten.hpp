// flatten.hpp: the second of the two passes over a text. simdjson's first stage has found where tokens start and has
// proven UTF-8 and closed strings; this walks the tokens once and appends the document. Internal; one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "socle/json/document.hpp"
#include "src/emitter.hpp"

namespace socle::json {

// The first stage's findings. REQUIRES: tokens are strictly increasing offsets below size; every quote that opens a
// string, every bracket, comma, colon and first byte of another token outside strings is one of them; at[count] is
// size.
struct Tokens {
  const char* text;
  std::size_t size;
  const std::uint32_t* at;
  std::size_t count;
};

enum class Flattened {
  done,
  wrong,             // not JSON, or too deep: locate_fault() says where and why
  too_many_members,  // `place` is the first too many
  duplicate,         // `place` is the second of two equal names
};

class Flattener {
 public:
  // Appends to `out`, which must be empty. With `gaps` set, the document must still be compacted.
  Flattened run(const Tokens& tokens, const ParseOptions& options, Emitter& out);

  [[nodiscard]] std::uint64_t root() const { return words_[0]; }
  [[nodiscard]] bool gaps() const { return gaps_; }
  [[nodiscard]] std::size_t place() const { return place_; }
  [[nodiscard]] std::size_t retained() const { return capacity_ * 16; }
  void shrink(std::size_t limit);

 private:
  // A container that is still open: where its words and its keys start on the stacks.
  struct Frame {
    std::uint32_t words;
    std::uint32_t keys;
    bool object;
  };
  struct Cursor;

  void reserve(std::size_t tokens);
  bool walk(const Tokens& tokens);
  bool close(Frame frame, const std::uint64_t* words_end, const std::uint32_t* hashes_end);

  ParseOptions options_;
  Emitter* out_ = nullptr;
  std::unique_ptr<std::uint64_t[]> words_;   // values of open containers; members as key, value
  std::unique_ptr<std::uint32_t[]> hashes_;  // of the keys of open objects,
  std::unique_ptr<std::uint32_t[]> places_;  // and where in the text they are
  std::size_t capacity_ = 0;
  std::array<Frame, layout::max_depth> frames_;

  Flattened outcome_ = Flattened::done;
  std::size_t place_ = 0;
  bool gaps_ = false;
};

}  // namespace socle::json

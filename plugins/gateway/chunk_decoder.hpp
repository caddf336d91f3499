// chunk_decoder.hpp: the chunked transfer coding of a request body, strictly (RFC 9112 section 7.1): sizes of hex
// digits only, extensions of the grammar, CR LF after every piece, bounded lines, bounded and well-formed trailers,
// which are then dropped. Incremental: whatever part of the body has arrived. Called by Connection on its worker. A
// fuzz target proves that every body this accepts means the same to Beast's parser.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "refusal.hpp"

namespace socle::gateway {

class ChunkDecoder {
 public:
  enum class Outcome { more, complete, refused };

  // Appends decoded bytes of `in` to `body` and says in `used` how many of `in` it is done with; give the rest again
  // with what follows. What is in `body` may be taken away between two calls; never more than `body_limit` in all.
  [[nodiscard]] Outcome feed(std::string_view in, std::size_t body_limit, std::string& body, std::size_t& used);
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }
  void reset() { *this = ChunkDecoder(); }

 private:
  enum class State { size_line, data, data_end, trailer };
  Outcome refuse(Refusal why);
  bool size_line(std::string_view line);
  bool trailer_line(std::string_view line);

  State state_ = State::size_line;
  std::uint64_t left_ = 0;    // of the current chunk
  std::size_t decoded_ = 0;   // bytes of the body so far
  std::size_t overhead_ = 0;  // bytes of framing so far
  std::size_t trailer_size_ = 0;
  Refusal refusal_;
};

}  // namespace socle::gateway

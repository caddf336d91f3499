// segment.hpp: a segment file, DIRECTORY/segments/SEQUENCE.log, named by its first entry in 20 digits. A header of 128
// bytes, then records:
//
//   0 "SOCLEAU1"   8 u32 version 1, u32 zero   16 u64 first sequence   24 i64 made at, UTC ns   32 chain before it
//   64 zero   96 SHA-256 of bytes 0 to 96, with which the chain of its records begins
//
// Blocking. A reader sees what is in the file; the writer only appends (and erases payloads).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "file.hpp"
#include "socle/audit/record.hpp"

namespace socle::audit {

inline constexpr std::size_t segment_header = 128;

struct SegmentHead {
  std::uint64_t first = 0;
  std::int64_t made_ns = 0;
  Digest before{}, chain{};
};

[[nodiscard]] std::string segments_of(const std::string& directory);
[[nodiscard]] std::string segment_name(std::uint64_t first);  // without ending
[[nodiscard]] std::string segment_path(const std::string& directory, std::uint64_t first);
[[nodiscard]] std::string index_path(const std::string& directory, std::uint64_t first);
// First sequences, ascending.
Result<std::vector<std::uint64_t>> list_segments(const std::string& directory);

[[nodiscard]] std::string make_segment_head(std::uint64_t first, std::int64_t made_ns, const Digest& before,
                                            Digest& chain);
[[nodiscard]] std::optional<Flaw> read_segment_head(std::string_view bytes, std::uint64_t first, SegmentHead& out);

// Bytes of a file in large reads; views are good until the next call.
class Window {
 public:
  explicit Window(const File& file, std::size_t ahead = std::size_t{1} << 20) : file_(file), ahead_(ahead) {}
  // Fewer bytes at the end of the file.
  Result<std::string_view> at(std::uint64_t offset, std::size_t size);

 private:
  const File& file_;
  const std::size_t ahead_;
  std::string bytes_;
  std::uint64_t from_ = 0;
};

}  // namespace socle::audit

#include "segment.hpp"

#include <algorithm>
#include <charconv>

#include "bytes.hpp"

namespace socle::audit {
namespace {

constexpr std::string_view magic = "SOCLEAU1";
constexpr std::string_view ending = ".log";
constexpr std::size_t digits = 20;
constexpr std::size_t hashed = 96;

}  // namespace

std::string segments_of(const std::string& directory) { return directory + "/segments"; }

std::string segment_name(std::uint64_t first) {
  const std::string number = std::to_string(first);
  return std::string(digits - number.size(), '0') + number;
}

std::string segment_path(const std::string& directory, std::uint64_t first) {
  return segments_of(directory) + "/" + segment_name(first) + std::string(ending);
}

std::string index_path(const std::string& directory, std::uint64_t first) {
  return segments_of(directory) + "/" + segment_name(first) + ".index";
}

Result<std::vector<std::uint64_t>> list_segments(const std::string& directory) {
  auto names = list_directory(segments_of(directory));
  if (!names) return std::move(names).error();
  std::vector<std::uint64_t> out;
  for (const std::string& name : *names) {
    if (name.size() != digits + ending.size() || !name.ends_with(ending)) continue;
    std::uint64_t first = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + digits, first);
    if (error == std::errc() && end == name.data() + digits) out.push_back(first);
  }
  return out;
}

std::string make_segment_head(std::uint64_t first, std::int64_t made_ns, const Digest& before, Digest& chain) {
  std::string out(segment_header, '\0');
  store_bytes(out, 0, magic);
  store(out, 8, std::uint32_t{1});
  store(out, 16, first);
  store(out, 24, made_ns);
  store_bytes(out, 32, bytes_of(before));
  chain = sha256({std::string_view(out).substr(0, hashed)});
  store_bytes(out, 96, bytes_of(chain));
  return out;
}

std::optional<Flaw> read_segment_head(std::string_view bytes, std::uint64_t first, SegmentHead& out) {
  if (bytes.size() < segment_header)
    return Flaw{"the segment is cut short", "a header of 128 bytes", std::to_string(bytes.size()) + " bytes"};
  const Digest chain = sha256({bytes.substr(0, hashed)});
  if (bytes_of(chain) != bytes.substr(hashed, 32))
    return Flaw{"the segment's header was changed", to_hex(bytes_of(chain)), to_hex(bytes.substr(hashed, 32))};
  if (!bytes.starts_with(magic) || load<std::uint32_t>(bytes, 8) != 1)
    return Flaw{"this is no segment of version 1", "SOCLEAU1, 1",
                to_hex(bytes.substr(0, 8)) + ", " + std::to_string(load<std::uint32_t>(bytes, 8))};
  out.first = load<std::uint64_t>(bytes, 16);
  out.made_ns = load<std::int64_t>(bytes, 24);
  out.chain = chain;
  std::copy_n(reinterpret_cast<const unsigned char*>(bytes.data()) + 32, out.before.size(), out.before.begin());
  if (out.first != first)
    return Flaw{"the segment has another's name", "first sequence " + std::to_string(first),
                "first sequence " + std::to_string(out.first)};
  return std::nullopt;
}

Result<std::string_view> Window::at(std::uint64_t offset, std::size_t size) {
  if (offset < from_ || offset + size > from_ + bytes_.size()) {
    if (auto read = file_.read(bytes_, offset, std::max(size, ahead_)); !read) return std::move(read).error();
    from_ = offset;
  }
  return std::string_view(bytes_).substr(static_cast<std::size_t>(offset - from_), size);
}

}  // namespace socle::audit

// fuzz_blob.cpp: names, headers, ranges and bytes of files. What comes out must be safe whatever goes in.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "content/media.hpp"
#include "content/name.hpp"
#include "content/range.hpp"
#include "disk/vault.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace socle::blob;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto require = [](bool holds) {
    if (!holds) std::abort();
  };
  const auto name = safe_name(text);
  require(!name.empty() && name.size() <= 200 && safe_name(name) == name);
  require(name.find_first_of("/\\\"\r\n") == std::string::npos);
  const auto header = disposition(size % 2 == 0, name);
  require(header.find_first_of("\r\n") == std::string::npos);
  require(safe_name(name_in(header)) == name);
  (void)name_in(text);
  const auto media = media_of(text);
  require(media.size() <= 127 && media.find_first_of(" \r\n") == std::string::npos);
  (void)settle(media, text);
  for (const std::uint64_t length : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{100}}) {
    const auto range = parse_range(text, length);
    require(range.kind != Range::Kind::part || (range.first <= range.last && range.last < length));
  }
  const auto folder = Vault::folder_of(text);
  require(folder.find_first_of("./") == std::string::npos && Vault::tenant_of(folder) == text);
  return 0;
}

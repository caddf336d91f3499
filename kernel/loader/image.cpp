// loader/image.cpp: see image.hpp.
#include "loader/image.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>

namespace socle::loader {
namespace {

constexpr std::size_t max_relocations = 1U << 20;
constexpr std::uint64_t page = 4096;  // the smallest there is
constexpr std::uint64_t widest = 16;  // bytes that one relocation writes, but for a copy
constexpr std::uint64_t pointer_size = sizeof(std::uint64_t);
constexpr int most_jumps = 2;

#if defined(__x86_64__)
constexpr std::uint32_t relative = R_X86_64_RELATIVE, copies = R_X86_64_COPY;
constexpr bool reads_code = true;
#else
constexpr std::uint32_t relative = R_AARCH64_RELATIVE, copies = R_AARCH64_COPY;
constexpr bool reads_code = false;
#endif

}  // namespace

Image::Image(const Elf& elf) : elf_(elf), told_(!elf.other_relocations) {
  for (const std::string_view table : elf.relocations) {
    for (std::size_t i = 0; i < table.size() / sizeof(Elf64_Rela); ++i) {
      Elf64_Rela entry;
      std::memcpy(&entry, table.data() + i * sizeof entry, sizeof entry);
      // A copy writes as many bytes as its symbol has, which another library may say.
      if (relocations_.size() == max_relocations || ELF64_R_TYPE(entry.r_info) == copies) {
        told_ = false;
        return;
      }
      relocations_.push_back(
          {entry.r_offset, static_cast<std::uint64_t>(entry.r_addend), ELF64_R_TYPE(entry.r_info) == relative});
    }
  }
  std::sort(relocations_.begin(), relocations_.end(),
            [](const Relocation& a, const Relocation& b) { return a.at < b.at; });
}

bool Image::unknown() {
  told_ = false;
  return false;
}

bool Image::read(std::uint64_t address, void* to, std::size_t size) {
  if (size == 0) return true;
  if (address < page) return false;  // NULL and what lies about it is nobody's
  const std::uint64_t at = address - base;
  for (const Segment& segment : elf_.segments) {
    if (address < base || at < segment.address || at - segment.address >= segment.size) continue;
    const std::uint64_t inside = at - segment.address;
    if (size > segment.size - inside || !constant(segment, at, size)) return unknown();
    const std::size_t kept =
        inside < segment.bytes.size() ? std::min<std::size_t>(size, segment.bytes.size() - inside) : 0;
    auto* out = static_cast<char*>(to);
    if (kept > 0) std::memcpy(out, segment.bytes.data() + inside, kept);
    std::memset(out + kept, 0, size - kept);
    return relocate(at, out, size);
  }
  return unknown();
}

// The dynamic linker seals whole pages only.
bool Image::constant(const Segment& segment, std::uint64_t at, std::size_t size) const {
  if (!segment.writable) return at - segment.address + size <= segment.bytes.size();
  return at >= elf_.sealed_at && at + size <= elf_.sealed_to / page * page;
}

bool Image::relocate(std::uint64_t at, char* to, std::size_t size) {
  const std::uint64_t from = at < widest ? 0 : at - widest + 1;
  auto next = std::lower_bound(relocations_.begin(), relocations_.end(), from,
                               [](const Relocation& r, std::uint64_t place) { return r.at < place; });
  for (; next != relocations_.end() && next->at < at + size; ++next) {
    if (next->own_address && next->at + pointer_size <= at) continue;
    const bool whole = next->at >= at && pointer_size <= at + size - next->at;
    const bool again = next + 1 != relocations_.end() && (next + 1)->at < next->at + pointer_size;
    if (!next->own_address || !whole || again) return unknown();
    const std::uint64_t value = base + next->value;
    std::memcpy(to + (next->at - at), &value, sizeof value);
  }
  return true;
}

bool Image::skip(std::uint64_t& address, std::string_view code) {
  char found[8];
  if (!read(address, found, code.size()) || std::string_view(found, code.size()) != code) return false;
  address += code.size();
  return true;
}

// A distance from its own end.
bool Image::skip_distance(std::uint64_t& address, std::uint64_t& target) {
  std::int32_t distance = 0;
  if (!read(address, &distance, sizeof distance)) return false;
  address += sizeof distance;
  target = address + static_cast<std::uint64_t>(std::int64_t{distance});
  return true;
}

std::optional<std::uint64_t> Image::returned_by(std::string_view function) {
  std::optional<std::uint64_t> found;
  for (const Symbol& symbol : elf_.symbols) {
    if (symbol.name != function || !symbol.defined) continue;
    if (found || !symbol.function) return std::nullopt;
    found = base + symbol.address;
  }
  if (!found || !reads_code) return std::nullopt;
  std::uint64_t at = *found, target = 0;
  for (int jumps = 0; jumps <= most_jumps; ++jumps) {
    (void)skip(at, "\xf3\x0f\x1e\xfa");                // endbr64
    const bool framed = skip(at, "\x55\x48\x89\xe5");  // push %rbp; mov %rsp, %rbp
    if (!framed && skip(at, "\xe9")) {                 // jmp
      if (!skip_distance(at, target)) return std::nullopt;
      at = target;
      continue;
    }
    const bool constant = skip(at, "\x48\x8d\x05") && skip_distance(at, target) &&  // lea distance(%rip), %rax
                          (!framed || skip(at, "\x5d")) && skip(at, "\xc3");        // pop %rbp; ret
    return constant ? std::optional(target) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace socle::loader

// loader/image.hpp: what a library's memory will hold once the dynamic linker has mapped it, as far as its file says.
//
// Only what nobody writes afterwards is told: read-only segments, and what is sealed after relocation (RELRO), where
// the relocations name addresses of the library itself. Addresses are those of a library mapped at `base`, so that a
// number that is no address of the library is not taken for one. Any thread; one owner at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "loader/elf.hpp"

namespace socle::loader {

class Image {
 public:
  static constexpr std::uint64_t base = std::uint64_t{1} << 40;

  // REQUIRES: `elf`, and the bytes it was read from, outlive the image.
  explicit Image(const Elf& elf);

  // Copies `size` bytes at an address. false: they cannot be read, or only running the library would tell; then told()
  // is false from now on.
  [[nodiscard]] bool read(std::uint64_t address, void* to, std::size_t size);
  [[nodiscard]] bool told() const { return told_; }

  // The address that an exported function returns, if its code is what compilers make of `return &constant;` or a jump
  // to that (x86-64). Nothing: only running it would tell.
  [[nodiscard]] std::optional<std::uint64_t> returned_by(std::string_view function);

 private:
  struct Relocation {
    std::uint64_t at = 0;
    std::uint64_t value = 0;
    bool own_address = false;  // it puts base + value there; else something the file does not say
  };
  [[nodiscard]] bool unknown();
  [[nodiscard]] bool constant(const Segment& segment, std::uint64_t at, std::size_t size) const;
  [[nodiscard]] bool relocate(std::uint64_t at, char* to, std::size_t size);
  [[nodiscard]] bool skip(std::uint64_t& address, std::string_view code);
  [[nodiscard]] bool skip_distance(std::uint64_t& address, std::uint64_t& target);

  const Elf& elf_;
  std::vector<Relocation> relocations_;  // by place
  bool told_ = true;
};

}  // namespace socle::loader

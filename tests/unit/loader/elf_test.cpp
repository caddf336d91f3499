#include "loader/elf.hpp"

#include <elf.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <random>
#include <vector>

#include "unit/loader/fixtures.hpp"

using namespace socle::loader;
using socle::testing::bytes_of;

namespace {

std::string error_of(std::string_view bytes) {
  const auto elf = read_elf(bytes);
  return elf ? "" : elf.error().message;
}

}  // namespace

TEST_CASE("elf: a plugin's export, imports, libraries and note are read", "[elf]") {
  const std::string bytes = bytes_of("needs_resident");
  const auto elf = read_elf(bytes);
  REQUIRE(elf);
  const auto has = [&](std::string_view name, bool defined) {
    return std::any_of(elf->symbols.begin(), elf->symbols.end(),
                       [&](const Symbol& symbol) { return symbol.name == name && symbol.defined == defined; });
  };
  CHECK(has("socle_plugin_entry", true));
  CHECK(has("OpenSSL_version_num", false));
  CHECK(std::count(elf->needed.begin(), elf->needed.end(), "libcrypto.so.3") == 1);
  const auto note =
      std::find_if(elf->notes.begin(), elf->notes.end(), [](const Note& n) { return n.owner == "socle"; });
  REQUIRE(note != elf->notes.end());
  CHECK(note->type == 1);
  CHECK(note->descriptor == std::string_view("\1\0\0\0", 4));
}

TEST_CASE("elf: unique symbols, thread-local storage and static constructors are seen", "[elf]") {
  const std::string unique = bytes_of("unique_symbol");
  const auto first = read_elf(unique);
  REQUIRE(first);
  CHECK(std::any_of(first->symbols.begin(), first->symbols.end(),
                    [](const Symbol& s) { return s.binding == Binding::unique; }));
  const std::string thread_local_bytes = bytes_of("thread_local_destructor");
  const auto second = read_elf(thread_local_bytes);
  REQUIRE(second);
  CHECK(second->tls_size > 0);
  const std::string throwing = bytes_of("throws_in_constructor");
  const std::string plain = bytes_of("good_a");
}

TEST_CASE("elf: what is no library at all is named", "[elf]") {
  CHECK(error_of("") == "not a loadable library: the file is empty");
  CHECK(error_of("plugin: hello\n") == "not a loadable library: no ELF file (its first bytes are not 7f 45 4c 46)");
  CHECK(error_of("\x7f"
                 "ELF") == "not a loadable library: cut off inside the ELF header (4 bytes)");
}

TEST_CASE("elf: another class, machine or type is refused with both numbers", "[elf]") {
  const std::string good = bytes_of("good_a");
  std::string changed = good;
  changed[EI_CLASS] = ELFCLASS32;
  CHECK(error_of(changed) == "not a loadable library: found ELF class 1 data 1, wanted 64-bit little-endian (2, 1)");
  changed = good;
  changed[offsetof(Elf64_Ehdr, e_machine)] = static_cast<char>(EM_RISCV);
  changed[offsetof(Elf64_Ehdr, e_machine) + 1] = 0;
  CHECK_THAT(error_of(changed), Catch::StartsWith("not a loadable library: found machine 243, wanted "));
  changed = good;
  changed[offsetof(Elf64_Ehdr, e_type)] = ET_EXEC;
  CHECK(error_of(changed) == "not a loadable library: found ELF type 2, wanted a shared library (3)");
}

TEST_CASE("elf: a program is no plugin", "[elf]") {
  const auto self = socle::base::read_file("/proc/self/exe", 1U << 30);
  REQUIRE(self);
  CHECK(error_of(*self) ==
        "not a loadable library: it is a program (it names an interpreter), wanted a shared library");
}

TEST_CASE("elf: a library cut off at any length is refused", "[elf]") {
  const std::string good = bytes_of("good_a");
  std::size_t accepted = 0;
  for (std::size_t size = 0; size < good.size(); size += (size < 4096 ? 1 : 61)) {
    accepted += read_elf(std::string(good, 0, size)) ? 1 : 0;
  }
  CHECK(accepted == 0);
  CHECK_THAT(error_of(good.substr(0, good.size() - 1)),
             Catch::Contains("cut off: its section headers end beyond the file's"));
}

TEST_CASE("elf: random damage is answered, never a crash", "[elf]") {
  const std::string good = bytes_of("good_a");
  std::mt19937 random(Catch::rngSeed());
  std::size_t refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string damaged = good;
    for (int change = 0; change < 8; ++change)
      damaged[random() % (round % 2 == 0 ? 4096 : damaged.size())] = static_cast<char>(random());
    refused += read_elf(damaged) ? 0 : 1;
  }
  CHECK(refused > 0);
}

TEST_CASE("elf: overlapping segments are refused", "[elf]") {
  std::string bytes = bytes_of("good_a");
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    char* place = bytes.data() + header.e_phoff + i * sizeof segment;
    std::memcpy(&segment, place, sizeof segment);
    if (segment.p_type != PT_LOAD || segment.p_vaddr == 0) continue;
    segment.p_vaddr = 0;
    std::memcpy(place, &segment, sizeof segment);
  }
  CHECK(error_of(bytes) == "not a loadable library: its segments overlap or are out of order");
}

TEST_CASE("elf: a segment that shares a page with another is refused, for its mapping would cover the other's code",
          "[elf]") {
  std::string bytes = bytes_of("good_a");
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  std::vector<Elf64_Phdr> segments(header.e_phnum);
  std::memcpy(segments.data(), bytes.data() + header.e_phoff, segments.size() * sizeof(Elf64_Phdr));
  const auto stack = std::find_if(segments.begin(), segments.end(),
                                  [](const Elf64_Phdr& segment) { return segment.p_type == PT_GNU_STACK; });
  REQUIRE(stack != segments.end());
  segments.erase(stack);
  const auto code = std::find_if(segments.begin(), segments.end(), [](const Elf64_Phdr& segment) {
    return segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0;
  });
  REQUIRE(code != segments.end());
  // 8 bytes behind the code's last one, in its last page.
  const std::uint64_t distance = (code->p_memsz + 7) / 8 * 8;
  REQUIRE((code->p_vaddr + distance) % 4096 != 0);
  Elf64_Phdr extra = *code;
  extra.p_vaddr = extra.p_paddr = code->p_vaddr + distance;
  extra.p_offset = code->p_offset + distance;
  extra.p_filesz = extra.p_memsz = 8;
  segments.insert(code + 1, extra);
  std::memcpy(bytes.data() + header.e_phoff, segments.data(), segments.size() * sizeof(Elf64_Phdr));
  CHECK(error_of(bytes) == "not a loadable library: its segments overlap or are out of order");
}

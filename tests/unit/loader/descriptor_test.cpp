// descriptor_test.cpp: what the file alone tells of a plugin's descriptor: the refusals of loading it
// (library_test.cpp), before any code runs, or nothing. Sanitizers, and what counts for a fuzzer, put code of their own
// into the entry; then only loading tells.
#include "loader/descriptor.hpp"

#include <elf.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "loader/elf.hpp"
#include "unit/loader/fixtures.hpp"

using namespace socle::loader;
using socle::testing::bytes_of;
using socle::testing::expect;

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t relative = R_X86_64_RELATIVE, symbol_value = R_X86_64_64, copy = R_X86_64_COPY;
#else
constexpr std::uint32_t relative = R_AARCH64_RELATIVE, symbol_value = R_AARCH64_ABS64, copy = R_AARCH64_COPY;
#endif

const std::vector<std::string> answer_of_swap{"swap/1.answer"};

// What is found in a fixture as the plugin `plugin`; "fits", or "untold".
std::string foretold(const std::string& fixture, const std::string& plugin, AbiVersion abi = {1, 0},
                     const Policy& policy = {}, const std::vector<std::string>& methods = {}) {
  const DescriptorReport report = inspect_descriptor(bytes_of(fixture), expect(plugin, abi), methods, policy);
  if (!report.told) {
    CHECK(report.findings.empty());
    return "untold";
  }
  REQUIRE(report.findings.size() <= 1);
  return report.findings.empty() ? "fits" : to_string(report.findings[0]);
}

bool is_told(const std::string& text, const std::string& wanted) {
  return text == wanted || (sanitizer_build() && text == "untold");
}

// Every program header or relocation of the file, to be changed in place.
template <class T, class Change>
void change_each(std::string& bytes, std::uint64_t at, std::uint64_t count, Change change) {
  for (std::uint64_t i = 0; i < count; ++i) {
    T entry;
    std::memcpy(&entry, bytes.data() + at + i * sizeof entry, sizeof entry);
    change(entry);
    std::memcpy(bytes.data() + at + i * sizeof entry, &entry, sizeof entry);
  }
}

}  // namespace

TEST_CASE("descriptor: a file whose descriptor is as the manifest says fits", "[descriptor]") {
  CHECK(is_told(foretold("good_a", "swap", {1, 0}, {}, answer_of_swap), "fits"));
  CHECK(is_told(foretold("long_struct_size", "long-struct-size"), "fits"));
  CHECK(is_told(foretold("around", "around", {1, 0}, {}, {"inner"}), "fits"));
}

TEST_CASE("descriptor: the file tells the refusals of loading, word for word", "[descriptor]") {
  CHECK(is_told(foretold("other_name", "other-name"),
                "[descriptor] found the name 'somebody_else'; wanted 'other-name', as its manifest says; do: make the "
                "descriptor's name and `plugin:` equal"));
  CHECK(is_told(foretold("short_struct_size", "short-struct-size"),
                "[descriptor] found struct_size 24; wanted at least 72 (ABI 1.0); do: set struct_size to "
                "sizeof(socle_plugin)"));
  CHECK(is_told(foretold("descriptor_major", "descriptor-major"),
                "[descriptor] found ABI 2.0 in the descriptor; wanted 1.1 or an earlier minor; do: rebuild the plugin "
                "against this kernel's SDK"));
  CHECK(is_told(foretold("note_differs", "note-differs", {1, 1}),
                "[descriptor] found ABI 1.0 in the descriptor and 1.1 in the ELF note; wanted the same in both; do: "
                "build all sources of the plugin against one SDK"));
  CHECK(is_told(foretold("unnamed_method", "unnamed-method"),
                "[descriptor] found method 0 with service 'unnamed-method/1' and name ''; wanted readable texts of at "
                "most 256 bytes, the name not empty; do: fill the method table"));
  for (const std::string entry : {"create", "destroy", "handle"}) {
    CHECK(is_told(
        foretold("null_" + entry, "null-" + entry),
        "[descriptor] found no " + entry + "() (NULL); wanted a function; do: fill " + entry + " in the descriptor"));
  }
}

TEST_CASE("descriptor: methods that only the manifest has are told beside those that there are", "[descriptor]") {
  CHECK(is_told(foretold("good_a", "swap", {1, 0}, {}, {"swap/1.answer", "swap/1.gone", "heard"}),
                "[methods] found no swap/1.gone, heard in the descriptor, which lists swap/1.answer; wanted every "
                "method that the manifest names; do: correct the manifest, or the library's method table"));
}

TEST_CASE("descriptor: an entry that does more than return a constant tells nothing", "[descriptor]") {
  for (const char* fixture : {"entry_throws", "null_descriptor", "garbage_descriptor", "missing_export"}) {
    INFO(fixture);
    CHECK(foretold(fixture, "somebody") == "untold");
  }
  CHECK_FALSE(inspect_descriptor("", expect("x"), {}, {}).told);
  CHECK_FALSE(inspect_descriptor(bytes_of("good_a").substr(0, 3000), expect("swap"), {}, {}).told);
}

TEST_CASE("descriptor: one that code may still write tells nothing", "[descriptor]") {
  std::string bytes = bytes_of("good_a");
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  change_each<Elf64_Phdr>(bytes, header.e_phoff, header.e_phnum, [](Elf64_Phdr& segment) {
    if (segment.p_type == PT_GNU_RELRO) segment.p_type = PT_NULL;
  });
  CHECK_FALSE(inspect_descriptor(bytes, expect("swap"), answer_of_swap, {}).told);
}

TEST_CASE("descriptor: one whose pointers other libraries decide tells nothing", "[descriptor]") {
  std::string bytes = bytes_of("good_a");
  const auto elf = read_elf(bytes);
  REQUIRE(elf);
  for (const std::string_view table : elf->relocations) {
    change_each<Elf64_Rela>(bytes, static_cast<std::uint64_t>(table.data() - bytes.data()),
                            table.size() / sizeof(Elf64_Rela),
                            [](Elf64_Rela& entry) { entry.r_info = ELF64_R_INFO(1, symbol_value); });
  }
  CHECK_FALSE(inspect_descriptor(bytes, expect("swap"), answer_of_swap, {}).told);
}

TEST_CASE("descriptor: a copy that another library's symbol may make as wide as it likes tells nothing",
          "[descriptor]") {
  std::string bytes = bytes_of("good_a");
  const auto elf = read_elf(bytes);
  REQUIRE(elf);
  std::size_t copies = 0;
  for (const std::string_view table : elf->relocations) {
    change_each<Elf64_Rela>(bytes, static_cast<std::uint64_t>(table.data() - bytes.data()),
                            table.size() / sizeof(Elf64_Rela), [&copies](Elf64_Rela& entry) {
                              if (ELF64_R_TYPE(entry.r_info) == relative) return;
                              entry.r_info = ELF64_R_INFO(ELF64_R_SYM(entry.r_info), copy);
                              ++copies;
                            });
  }
  REQUIRE(copies > 0);  // none of them lies at the descriptor
  CHECK_FALSE(inspect_descriptor(bytes, expect("swap"), answer_of_swap, {}).told);
}

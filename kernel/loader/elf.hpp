// loader/elf.hpp: reads what the loader must know of a shared library from its bytes, before any of its code runs.
//
// It believes what the dynamic linker believes: program headers and the dynamic segment. Section headers are used only
// to find the static symbol table (absent in a stripped file) and to notice a cut-off file. Every offset, count and
// string is checked against the bytes; work is bounded by the file's size and the caps in elf.cpp. Any thread.
// Format: System V gABI chapters 4-5, GNU hash section as described by its authors.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "socle/result.hpp"

namespace socle::loader {

enum class Binding : std::uint8_t { local, global, weak, unique, other };

struct Symbol {
  std::string_view name;
  Binding binding = Binding::other;
  bool defined = false;
  bool visible = false;  // default or protected visibility: other libraries may bind to it
  bool function = false;
  std::uint64_t address = 0;
};

// A part of the file that is mapped.
struct Segment {
  std::uint64_t address = 0;
  std::uint64_t size = 0;  // in memory; behind the bytes it is zero
  std::string_view bytes;
  bool writable = false;
};

struct Note {
  std::string_view owner;  // without its NUL
  std::uint32_t type = 0;
  std::string_view descriptor;
};

// Facts of one library. Views point into the bytes given to read_elf().
struct Elf {
  std::vector<std::string_view> needed;   // DT_NEEDED in order
  std::vector<std::string_view> filters;  // DT_FILTER, DT_AUXILIARY, DT_AUDIT, DT_DEPAUDIT: loaded like needed ones
  std::vector<Symbol> symbols;            // dynamic symbols, without the null one
  std::vector<std::string_view> local_symbols;  // function and object names of .symtab, if the file has one
  std::vector<Note> notes;
  std::vector<Segment> segments;               // by address; no two have a page in common
  std::uint64_t sealed_at = 0, sealed_to = 0;  // GNU_RELRO: made read-only once it is relocated
  std::vector<std::string_view> relocations;   // tables of Elf64_Rela
  bool other_relocations = false;              // there are some of other kinds
  std::uint64_t tls_size = 0;
  bool no_delete = false;         // DF_1_NODELETE
  bool executable_stack = false;  // would make every stack of the process executable
};

[[nodiscard]] Result<Elf> read_elf(std::string_view bytes);

}  // namespace socle::loader

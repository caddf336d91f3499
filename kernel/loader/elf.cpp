// loader/elf.cpp: see elf.hpp. One Reader walks the file: header, program headers, dynamic segment, symbols, notes. A
// step that finds a lie returns an error at once; all reads go through view(), the only place that touches the bytes.
// A little over 300 lines because the steps share the reader's state and are one idea.
#include "loader/elf.hpp"

#include <elf.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <type_traits>

namespace socle::loader {
namespace {

constexpr std::size_t max_segments = 256;
constexpr std::size_t max_sections = 65535;
constexpr std::size_t max_dynamic_entries = 4096;
constexpr std::size_t max_symbols = 1U << 20;
constexpr std::size_t max_notes = 1024;
constexpr std::size_t max_name = 16384;
// Mappings are whole pages. A file says by p_align for how large ones it was made; no machine has larger ones than
// these.
constexpr std::uint64_t least_page = 4096, largest_page = 65536;
constexpr std::size_t max_names_total = 64U << 20;  // all names together: many entries may share one long string

#if defined(__x86_64__)
constexpr std::uint16_t machine_wanted = EM_X86_64;
constexpr std::string_view machine_name = "x86-64 (62)";
#elif defined(__aarch64__)
constexpr std::uint16_t machine_wanted = EM_AARCH64;
constexpr std::string_view machine_name = "AArch64 (183)";
#else
#error "name this machine's ELF number"
#endif

Error broken(std::string what) { return Error{Code::invalid, "not a loadable library: " + std::move(what)}; }

Binding binding_of(unsigned char info) {
  switch (ELF64_ST_BIND(info)) {
    case STB_LOCAL: return Binding::local;
    case STB_GLOBAL: return Binding::global;
    case STB_WEAK: return Binding::weak;
    case STB_GNU_UNIQUE: return Binding::unique;
    default: return Binding::other;
  }
}

std::uint64_t page_of(const Elf64_Phdr& load) {
  const bool sane = std::has_single_bit(load.p_align) && load.p_align <= largest_page;
  return sane ? std::max<std::uint64_t>(load.p_align, least_page) : least_page;
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  Result<Elf> read() {
    if (auto done = header(); !done) return done.error();
    if (auto done = segments(); !done) return done.error();
    if (auto done = dynamic(); !done) return done.error();
    if (auto done = dynamic_symbols(); !done) return done.error();
    if (auto done = notes(); !done) return done.error();
    if (auto done = sections(); !done) return done.error();
    return std::move(elf_);
  }

 private:
  // The one bounds check: [offset, offset + size) of the file, or nothing.
  [[nodiscard]] std::optional<std::string_view> view(std::uint64_t offset, std::uint64_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) return std::nullopt;
    return bytes_.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
  }

  // A copy, because nothing in a hostile file is aligned.
  template <class T>
  [[nodiscard]] std::optional<T> at(std::uint64_t offset) const {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto part = view(offset, sizeof(T));
    if (!part) return std::nullopt;
    T value;
    std::memcpy(&value, part->data(), sizeof(T));
    return value;
  }

  // File offset of `size` bytes at a virtual address, which must lie in the file part of one segment.
  [[nodiscard]] std::optional<std::uint64_t> offset_of(std::uint64_t address, std::uint64_t size) const {
    for (const Elf64_Phdr& load : loads_) {
      if (address < load.p_vaddr) continue;
      const std::uint64_t inside = address - load.p_vaddr;
      if (inside <= load.p_filesz && size <= load.p_filesz - inside) return load.p_offset + inside;
    }
    return std::nullopt;
  }

  template <class T>
  [[nodiscard]] std::optional<T> at_address(std::uint64_t address) const {
    const auto offset = offset_of(address, sizeof(T));
    return offset ? at<T>(*offset) : std::nullopt;
  }

  // The NUL-terminated string at `index` of a string table.
  Result<std::string_view> name_in(std::string_view table, std::uint64_t index) {
    if (index >= table.size()) return broken("a name lies outside its string table");
    const std::string_view rest = table.substr(static_cast<std::size_t>(index), max_name + 1);
    const std::size_t length = rest.find('\0');
    if (length == std::string_view::npos) return broken("a name is longer than 16384 bytes or has no end");
    names_total_ += length + 1;
    if (names_total_ > max_names_total) return broken("its symbol names add up to more than 64 MiB");
    return rest.substr(0, length);
  }

  Status header() {
    if (!bytes_.starts_with(ELFMAG)) {
      return broken(bytes_.empty() ? "the file is empty" : "no ELF file (its first bytes are not 7f 45 4c 46)");
    }
    const auto ehdr = at<Elf64_Ehdr>(0);
    if (!ehdr) return broken("cut off inside the ELF header (" + std::to_string(bytes_.size()) + " bytes)");
    if (ehdr->e_ident[EI_CLASS] != ELFCLASS64 || ehdr->e_ident[EI_DATA] != ELFDATA2LSB) {
      return broken("found ELF class " + std::to_string(ehdr->e_ident[EI_CLASS]) + " data " +
                    std::to_string(ehdr->e_ident[EI_DATA]) + ", wanted 64-bit little-endian (2, 1)");
    }
    if (ehdr->e_machine != machine_wanted) {
      return broken("found machine " + std::to_string(ehdr->e_machine) + ", wanted " + std::string(machine_name));
    }
    if (ehdr->e_type != ET_DYN) {
      return broken("found ELF type " + std::to_string(ehdr->e_type) + ", wanted a shared library (3)");
    }
    ehdr_ = *ehdr;
    return {};
  }

  Status segments() {
    if (ehdr_.e_phentsize != sizeof(Elf64_Phdr) || ehdr_.e_phnum == 0 || ehdr_.e_phnum > max_segments) {
      return broken("its program header table is damaged");
    }
    std::uint64_t end = 0;
    for (std::uint64_t i = 0; i < ehdr_.e_phnum; ++i) {
      const auto segment = at<Elf64_Phdr>(ehdr_.e_phoff + i * sizeof(Elf64_Phdr));
      if (ehdr_.e_phoff > bytes_.size() || !segment) return broken("cut off inside the program headers");
      if (segment->p_type == PT_LOAD) {
        if (!view(segment->p_offset, segment->p_filesz)) {
          return broken("cut off: a segment ends beyond the file's " + std::to_string(bytes_.size()) + " bytes");
        }
        // Later mappings would cover earlier ones, and what was checked would not be what runs.
        const std::uint64_t page = page_of(*segment);
        const std::uint64_t last = segment->p_vaddr + segment->p_memsz;
        if (segment->p_vaddr / page * page < end || segment->p_memsz < segment->p_filesz || last < segment->p_vaddr ||
            last > UINT64_MAX - page) {
          return broken("its segments overlap or are out of order");
        }
        end = (last + page - 1) / page * page;
        loads_.push_back(*segment);
        elf_.segments.push_back({segment->p_vaddr, segment->p_memsz, *view(segment->p_offset, segment->p_filesz),
                                 (segment->p_flags & PF_W) != 0});
      }
      if (segment->p_type == PT_GNU_RELRO) {
        elf_.sealed_at = segment->p_vaddr;
        elf_.sealed_to = segment->p_vaddr + segment->p_memsz;
      }
      if (segment->p_type == PT_DYNAMIC) dynamic_ = *segment;
      if (segment->p_type == PT_NOTE) notes_.push_back(*segment);
      if (segment->p_type == PT_TLS) elf_.tls_size = segment->p_memsz;
      if (segment->p_type == PT_INTERP)
        return broken("it is a program (it names an interpreter), wanted a shared library");
      if (segment->p_type == PT_GNU_STACK) elf_.executable_stack = (segment->p_flags & PF_X) != 0;
    }
    if (!dynamic_) return broken("it has no dynamic segment");
    return {};
  }

  Status dynamic() {
    const auto offset = offset_of(dynamic_->p_vaddr, dynamic_->p_filesz);
    if (!offset || *offset != dynamic_->p_offset) return broken("its dynamic segment does not lie where it is mapped");
    std::vector<Elf64_Dyn> entries;
    for (std::uint64_t i = 0; i < dynamic_->p_filesz / sizeof(Elf64_Dyn); ++i) {
      const auto entry = at<Elf64_Dyn>(*offset + i * sizeof(Elf64_Dyn));
      if (!entry) return broken("cut off inside the dynamic segment");
      if (entry->d_tag == DT_NULL) break;
      if (entries.size() == max_dynamic_entries) return broken("more than 4096 dynamic entries");
      entries.push_back(*entry);
      remember(*entry);
    }
    const auto table = strings_size_ == 0 ? std::nullopt : offset_of(strings_address_, strings_size_);
    if (!table) return broken("its dynamic string table lies outside the file");
    strings_ = *view(*table, strings_size_);  // loads_ were checked against the file
    return named(entries);
  }

  void remember(const Elf64_Dyn& entry) {
    const std::uint64_t value = entry.d_un.d_val;
    switch (entry.d_tag) {
      case DT_STRTAB: strings_address_ = value; break;
      case DT_STRSZ: strings_size_ = value; break;
      case DT_SYMTAB: symbols_address_ = value; break;
      case DT_HASH: hash_address_ = value; break;
      case DT_GNU_HASH: gnu_hash_address_ = value; break;
      case DT_RELA: relocations_[0].address = value; break;
      case DT_RELASZ: relocations_[0].size = value; break;
      case DT_JMPREL: relocations_[1].address = value; break;
      case DT_PLTRELSZ: relocations_[1].size = value; break;
      case DT_REL:
      case DT_RELR: elf_.other_relocations = true; break;
      case DT_FLAGS_1: elf_.no_delete = (value & DF_1_NODELETE) != 0; break;
      default: break;
    }
  }

  Status named(const std::vector<Elf64_Dyn>& entries) {
    for (const Elf64_Dyn& entry : entries) {
      const bool loads_another = entry.d_tag == DT_FILTER || entry.d_tag == DT_AUXILIARY || entry.d_tag == DT_AUDIT ||
                                 entry.d_tag == DT_DEPAUDIT;
      if (entry.d_tag != DT_NEEDED && entry.d_tag != DT_SONAME && !loads_another) continue;
      const auto name = name_in(strings_, entry.d_un.d_val);  // the soname's too: the dynamic linker reads it
      if (!name) return name.error();
      if (entry.d_tag == DT_NEEDED) elf_.needed.push_back(*name);
      if (loads_another) elf_.filters.push_back(*name);
    }
    return {};
  }

  Status dynamic_symbols() {
    const auto count = symbol_count();
    if (!count) return count.error();
    for (std::uint64_t i = 1; i < *count; ++i) {
      const auto entry = at_address<Elf64_Sym>(symbols_address_ + i * sizeof(Elf64_Sym));
      if (!entry) return broken("its dynamic symbols end outside the file");
      const auto name = name_in(strings_, entry->st_name);
      if (!name) return name.error();
      const auto visibility = ELF64_ST_VISIBILITY(entry->st_other);
      elf_.symbols.push_back(Symbol{*name, binding_of(entry->st_info), entry->st_shndx != SHN_UNDEF,
                                    visibility == STV_DEFAULT || visibility == STV_PROTECTED,
                                    ELF64_ST_TYPE(entry->st_info) == STT_FUNC, entry->st_value});
    }
    return {};
  }

  // The format states no count. A symbol matters if it can be looked up (hash tables) or is referred to by a
  // relocation, so the largest index that any of these reaches is the count.
  Result<std::uint64_t> symbol_count() {
    std::uint64_t count = 0;
    if (hash_address_ != 0) {
      const auto chains = at_address<std::uint32_t>(hash_address_ + 4);
      if (!chains) return broken("its hash table lies outside the file");
      count = *chains;
    }
    if (gnu_hash_address_ != 0) {
      const auto hashed = gnu_hash_count();
      if (!hashed) return hashed.error();
      count = std::max(count, *hashed);
    }
    for (const Table& table : relocations_) {
      if (table.size == 0) continue;
      const auto offset = offset_of(table.address, table.size);
      if (!offset) return broken("its relocations lie outside the file");
      elf_.relocations.push_back(*view(*offset, table.size));
      for (std::uint64_t i = 0; i < table.size / sizeof(Elf64_Rela); ++i) {
        const auto entry = at<Elf64_Rela>(*offset + i * sizeof(Elf64_Rela));
        count = std::max(count, std::uint64_t{ELF64_R_SYM(entry->r_info)} + 1);
      }
    }
    if (count > max_symbols) return broken("more than 1048576 dynamic symbols");
    return count;
  }

  Result<std::uint64_t> gnu_hash_count() {
    const Error outside = broken("its GNU hash table lies outside the file");
    const auto buckets = at_address<std::uint32_t>(gnu_hash_address_);
    const auto first = at_address<std::uint32_t>(gnu_hash_address_ + 4);
    const auto bloom = at_address<std::uint32_t>(gnu_hash_address_ + 8);
    if (!buckets || !first || !bloom) return outside;
    const std::uint64_t bucket_address = gnu_hash_address_ + 16 + std::uint64_t{*bloom} * 8;
    const std::uint64_t chain_address = bucket_address + std::uint64_t{*buckets} * 4;
    if (!offset_of(bucket_address, std::uint64_t{*buckets} * 4)) return outside;
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < *buckets; ++i) {
      const auto start = at_address<std::uint32_t>(bucket_address + i * 4);
      last = std::max(last, std::uint64_t{*start});
    }
    if (last < *first) return std::uint64_t{*first};
    while (true) {
      const auto link = at_address<std::uint32_t>(chain_address + (last - *first) * 4);
      if (!link) return outside;
      ++last;
      if ((*link & 1U) != 0) return last;
    }
  }

  Status notes() {
    for (const Elf64_Phdr& segment : notes_) {
      const auto area = view(segment.p_offset, segment.p_filesz);
      if (!area) return broken("cut off: a note ends beyond the file");
      const std::uint64_t align = segment.p_align == 8 ? 8 : 4;
      const auto padded = [align](std::uint64_t size) { return (size + align - 1) / align * align; };
      for (std::uint64_t at_note = 0; area->size() - at_note >= sizeof(Elf64_Nhdr);) {
        const auto note = *at<Elf64_Nhdr>(segment.p_offset + at_note);
        const std::uint64_t owner_at = at_note + sizeof note;
        // Name and descriptor are each padded, counted from the note's start.
        const std::uint64_t text_at = at_note + padded(sizeof note + note.n_namesz);
        const std::uint64_t end = text_at + note.n_descsz;
        if (owner_at + note.n_namesz > area->size() || end > area->size())
          return broken("a note ends outside its segment");
        if (elf_.notes.size() == max_notes) return broken("more than 1024 notes");
        std::string_view owner = area->substr(owner_at, note.n_namesz);
        elf_.notes.push_back({owner.substr(0, owner.find('\0')), note.n_type, area->substr(text_at, note.n_descsz)});
        at_note = std::min<std::uint64_t>(at_note + padded(end - at_note), area->size());
      }
    }
    return {};
  }

  Status sections() {
    if (ehdr_.e_shnum == 0) return {};
    if (ehdr_.e_shentsize != sizeof(Elf64_Shdr) || ehdr_.e_shnum > max_sections ||
        !view(ehdr_.e_shoff, std::uint64_t{ehdr_.e_shnum} * sizeof(Elf64_Shdr))) {
      return broken("cut off: its section headers end beyond the file's " + std::to_string(bytes_.size()) + " bytes");
    }
    for (std::uint64_t i = 0; i < ehdr_.e_shnum; ++i) {
      const auto section = *at<Elf64_Shdr>(ehdr_.e_shoff + i * sizeof(Elf64_Shdr));
      if (section.sh_type != SHT_SYMTAB) continue;
      const auto link = section.sh_link < ehdr_.e_shnum
                            ? at<Elf64_Shdr>(ehdr_.e_shoff + std::uint64_t{section.sh_link} * sizeof(Elf64_Shdr))
                            : std::nullopt;
      if (auto done = static_symbols(section, link); !done) return done;
    }
    return {};
  }

  Status static_symbols(const Elf64_Shdr& section, const std::optional<Elf64_Shdr>& strings) {
    const auto entries = view(section.sh_offset, section.sh_size);
    const auto table = strings ? view(strings->sh_offset, strings->sh_size) : std::nullopt;
    if (!entries || !table) return broken("its static symbols lie outside the file");
    const std::uint64_t count = section.sh_size / sizeof(Elf64_Sym);
    if (count > max_symbols) return broken("more than 1048576 static symbols");
    for (std::uint64_t i = 1; i < count; ++i) {
      const auto entry = *at<Elf64_Sym>(section.sh_offset + i * sizeof(Elf64_Sym));
      if (entry.st_shndx == SHN_UNDEF || entry.st_name == 0) continue;
      const auto type = ELF64_ST_TYPE(entry.st_info);
      if (type != STT_FUNC && type != STT_OBJECT) continue;
      const auto name = name_in(*table, entry.st_name);
      if (!name) return name.error();
      elf_.local_symbols.push_back(*name);
    }
    return {};
  }

  struct Table {
    std::uint64_t address = 0, size = 0;
  };

  std::string_view bytes_;
  Elf elf_;
  Elf64_Ehdr ehdr_{};
  std::vector<Elf64_Phdr> loads_;
  std::vector<Elf64_Phdr> notes_;
  std::optional<Elf64_Phdr> dynamic_;
  std::string_view strings_;
  std::uint64_t strings_address_ = 0, strings_size_ = 0, symbols_address_ = 0;
  std::uint64_t hash_address_ = 0, gnu_hash_address_ = 0;
  Table relocations_[2];
  std::size_t names_total_ = 0;
};

}  // namespace

Result<Elf> read_elf(std::string_view bytes) { return Reader(bytes).read(); }

}  // namespace socle::loader

// From views to text. Recursion is bounded by layout::max_depth.
#include <algorithm>
#include <array>
#include <cstring>

#include "socle/json/writer.hpp"

namespace socle::json {
namespace {

// For each byte below 0x20, '"' and '\': the letter after the backslash, 'u' for \u00xx; 0 for all that stands as it
// is.
constexpr auto escapes = [] {
  std::array<char, 256> table{};
  for (std::size_t i = 0; i < 0x20; ++i) table[i] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}();

constexpr std::uint64_t every = 0x0101010101010101u;

// Does one of the eight bytes need an escape? Exact for the first such byte from the low end, which is all that counts.
bool needs_escape(std::uint64_t block) {
  const auto has_zero = [](std::uint64_t x) { return (x - every) & ~x & (every * 0x80); };
  const std::uint64_t control = (block - every * 0x20) & ~block & (every * 0x80);
  return (control | has_zero(block ^ (every * '"')) | has_zero(block ^ (every * '\\'))) != 0;
}

void append_escape(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  const char letter = escapes[byte];
  out.push_back('\\');
  out.push_back(letter);
  if (letter != 'u') return;
  constexpr char hex[] = "0123456789abcdef";
  out.append("00");
  out.push_back(hex[byte >> 4]);
  out.push_back(hex[byte & 15]);
}

std::size_t plain_run(const char* at, std::size_t size) {
  std::size_t i = 0;
  for (; i + 8 <= size && !needs_escape(layout::load64(at + i)); i += 8) {}
  while (i < size && escapes[static_cast<unsigned char>(at[i])] == 0) ++i;
  return i;
}

// Behind what a string holds already, by pointer: a call of std::string's for each quote and comma costs more than all
// the rest. The string is longer than what was written until the end.
class Sink {
 public:
  explicit Sink(std::string& out) : out_(out), used_(out.size()) {}
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  ~Sink() { out_.resize(used_); }

  void put(char c) {
    room(1);
    out_[used_++] = c;
  }
  void put(std::string_view text) {
    room(text.size());
    std::memcpy(out_.data() + used_, text.data(), text.size());
    used_ += text.size();
  }
  void quoted(std::string_view text) {
    room(text.size() + 2);
    out_[used_++] = '"';
    std::size_t i = 0;
    for (; i + 8 <= text.size(); i += 8) {  // looked at and copied in one go: most texts are short
      const std::uint64_t block = layout::load64(text.data() + i);
      if (needs_escape(block)) break;
      std::memcpy(out_.data() + used_ + i, &block, 8);
    }
    for (; i < text.size() && escapes[static_cast<unsigned char>(text[i])] == 0; ++i) out_[used_ + i] = text[i];
    used_ += i;
    if (i == text.size()) {
      out_[used_++] = '"';
      return;
    }
    out_.resize(used_ - i - 1);
    append_quoted(out_, text);
    used_ = out_.size();
  }

 private:
  // The least is what a small member takes, so that few of them ask; a long text asks for itself.
  void room(std::size_t size) {
    if (used_ + size <= out_.size()) return;
    const std::size_t wanted = used_ + std::max(size, std::size_t{256});
    if (wanted > out_.capacity()) out_.reserve(std::max(wanted, 2 * out_.capacity()));
    out_.resize(wanted);
  }

  std::string& out_;
  std::size_t used_;
};

class Printer {
 public:
  Printer(std::string& out, bool pretty) : out_(out), pretty_(pretty) {}

  void print(View value) {
    switch (value.kind()) {
      case Kind::absent: break;
      case Kind::null: out_.put("null"); break;
      case Kind::boolean: out_.put(value.as_bool() ? "true" : "false"); break;
      case Kind::integer:
      case Kind::unsigned_integer:
      case Kind::number: out_.put(value.number_text()); break;
      case Kind::string: out_.quoted(value.as_string()); break;
      case Kind::array: print_array(value); break;
      case Kind::object: print_object(value); break;
    }
  }

 private:
  void line(bool first) {
    if (!first) out_.put(',');
    if (!pretty_) return;
    out_.put('\n');
    for (std::size_t i = 0; i < depth_; ++i) out_.put("  ");
  }
  void open(char bracket) {
    out_.put(bracket);
    ++depth_;
  }
  void close(char bracket, bool empty) {
    --depth_;
    if (!empty) line(true);
    out_.put(bracket);
  }
  void print_array(View value) {
    open('[');
    bool first = true;
    for (View element : value.elements()) {
      line(first);
      first = false;
      print(element);
    }
    close(']', first);
  }
  void print_object(View value) {
    open('{');
    bool first = true;
    for (auto [key, member] : value.members()) {
      line(first);
      first = false;
      out_.quoted(key);
      out_.put(pretty_ ? ": " : ":");
      print(member);
    }
    close('}', first);
  }

  Sink out_;
  bool pretty_;
  std::size_t depth_ = 0;
};

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  out.push_back('"');
  while (true) {
    const std::size_t run = plain_run(text.data(), text.size());
    out.append(text.data(), run);
    if (run == text.size()) break;
    append_escape(out, text[run]);
    text.remove_prefix(run + 1);
  }
  out.push_back('"');
}

void append_text(std::string& out, View value) {
  switch (value.kind()) {
    case Kind::null: out.append("null"); return;
    case Kind::boolean: out.append(value.as_bool() ? "true" : "false"); return;
    case Kind::string: return append_quoted(out, value.as_string());
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::number: out.append(value.number_text()); return;  // most of what is written alone; it stays small
    default: Printer(out, false).print(value);
  }
}

std::string to_text(View value) {
  std::string out;
  append_text(out, value);
  return out;
}

std::string to_pretty_text(View value) {
  std::string out;
  Printer(out, true).print(value);
  return out;
}

}  // namespace socle::json

// From views to text. Recursion is bounded by layout::max_depth.
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

class Printer {
 public:
  Printer(std::string& out, bool pretty) : out_(out), pretty_(pretty) {}

  void print(View value) {
    switch (value.kind()) {
      case Kind::absent: break;
      case Kind::null: out_.append("null"); break;
      case Kind::boolean: out_.append(value.as_bool() ? "true" : "false"); break;
      case Kind::integer:
      case Kind::unsigned_integer:
      case Kind::number: out_.append(value.number_text()); break;
      case Kind::string: append_quoted(out_, value.as_string()); break;
      case Kind::array: print_array(value); break;
      case Kind::object: print_object(value); break;
    }
  }

 private:
  void line(bool first) {
    if (!first) out_.push_back(',');
    if (pretty_) out_.append(1, '\n').append(depth_ * 2, ' ');
  }
  void open(char bracket) {
    out_.push_back(bracket);
    ++depth_;
  }
  void close(char bracket, bool empty) {
    --depth_;
    if (!empty) line(true);
    out_.push_back(bracket);
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
      append_quoted(out_, key);
      out_.append(pretty_ ? ": " : ":");
      print(member);
    }
    close('}', first);
  }

  std::string& out_;
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

void append_text(std::string& out, View value) { Printer(out, false).print(value); }

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

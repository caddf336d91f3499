// raw.cpp: see the header. One pass over the text: each byte is looked at once, by whoever skips the value it is in.
#include "records/raw.hpp"

#include <cstring>

namespace socle::forms {
namespace {

// Walks over JSON text. Every function leaves the place behind what it took; false: this is not what stands there.
class Skimmer {
 public:
  explicit Skimmer(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  // Calls member(key), which must take the value, for each member. Keys are given as they are written.
  template <class Member>
  bool object(Member member) {
    if (!take('{')) return false;
    if (take('}')) return true;
    do {
      std::string_view key;
      if (!value(key) || key.size() < 2 || key.front() != '"' || !take(':') || !member(key.substr(1, key.size() - 2)))
        return false;
    } while (take(','));
    return take('}');
  }

  // Calls element(), which must take the value, for each.
  template <class Element>
  bool array(Element element) {
    if (!take('[')) return false;
    if (take(']')) return true;
    do {
      if (!element()) return false;
    } while (take(','));
    return take(']');
  }

  // Any value, whatever is in it.
  bool value(std::string_view& out) {
    skip_blanks();
    const char* begin = at_;
    if (at_ == end_) return false;
    const char first = *at_;
    const bool good = first == '"' ? string() : first == '{' || first == '[' ? container() : scalar();
    out = {begin, static_cast<std::size_t>(at_ - begin)};
    return good;
  }

  bool at_end() {
    skip_blanks();
    return at_ == end_;
  }

 private:
  void skip_blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }
  bool take(char wanted) {
    skip_blanks();
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }
  // REQUIRES: a quote is next.
  bool string() {
    const char* from = ++at_;
    while (true) {
      const auto* quote = static_cast<const char*>(std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_)));
      if (quote == nullptr) return false;
      at_ = quote + 1;
      const char* back = quote;
      while (back != from && back[-1] == '\\') --back;
      if ((quote - back) % 2 == 0) return true;  // else it is escaped
    }
  }
  // REQUIRES: a bracket is next.
  bool container() {
    std::size_t depth = 0;
    while (at_ != end_) {
      const char one = *at_;
      if (one == '"') {
        if (!string()) return false;
        continue;
      }
      ++at_;
      if (one == '{' || one == '[') ++depth;
      if ((one == '}' || one == ']') && --depth == 0) return true;
    }
    return false;
  }
  bool scalar() {
    const char* begin = at_;
    while (at_ != end_ && std::strchr(",]} \n\t\r", *at_) == nullptr) ++at_;
    return at_ != begin;
  }

  const char* at_;
  const char* end_;
};

// The parts of a stored item, as they are written; "" for what is not there.
struct RawItem {
  std::string_view id, version, created_at, updated_at, created_by, updated_by, model_version, doc, rules;
};

bool take_item(Skimmer& from, RawItem& out) {
  const auto kept = [&](std::string_view key) {
    std::string_view other;
    auto& into = key == "created_by"      ? out.created_by
                 : key == "updated_by"    ? out.updated_by
                 : key == "model_version" ? out.model_version
                 : key == "doc"           ? out.doc
                 : key == "rules"         ? out.rules
                                          : other;
    return from.value(into);
  };
  return from.object([&](std::string_view key) {
    if (key == "doc") return from.object(kept);
    std::string_view other;
    auto& into = key == "id"           ? out.id
                 : key == "version"    ? out.version
                 : key == "created_at" ? out.created_at
                 : key == "updated_at" ? out.updated_at
                                       : other;
    return from.value(into);
  });
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (out.back() != '{') out += ',';
  out.append("\"").append(name).append("\":").append(value);
}

void append_record(std::string& out, const RawItem& item) {
  out += '{';
  append_member(out, "id", item.id);
  append_member(out, "version", item.version);
  append_member(out, "model_version", item.model_version);
  append_member(out, "created_at", item.created_at);
  append_member(out, "created_by", item.created_by);
  append_member(out, "updated_at", item.updated_at);
  append_member(out, "updated_by", item.updated_by);
  append_member(out, "doc", item.doc.empty() ? std::string_view("{}") : item.doc);
  append_member(out, "rules", item.rules);
  out += '}';
}

}  // namespace

std::optional<RawRecord> raw_record(std::string_view item) {
  Skimmer from(item);
  RawItem found;
  if (!take_item(from, found) || !from.at_end() || found.id.empty() || found.version.empty()) return std::nullopt;
  RawRecord out;
  out.text.reserve(item.size() + 16);
  append_record(out.text, found);
  out.version = found.version;
  return out;
}

std::optional<RawPage> raw_page(std::string_view answer) {
  Skimmer from(answer);
  RawPage out;
  out.items.reserve(answer.size());
  const auto item = [&] {
    RawItem found;
    if (!take_item(from, found) || found.id.empty() || found.version.empty()) return false;
    if (!out.items.empty()) out.items += ',';
    append_record(out.items, found);
    return true;
  };
  std::string_view next = "null";
  bool listed = false;
  const bool whole = from.object([&](std::string_view key) {
    if (key == "items") {
      listed = true;
      return from.array(item);
    }
    std::string_view value;
    if (!from.value(value)) return false;
    if (key == "next") next = value;
    if (key == "count") out.count = value;
    if (key == "count_exact") out.count_exact = value;
    if (key == "plan") out.plan = value;
    return true;
  });
  if (!whole || !listed || !from.at_end()) return std::nullopt;
  if (next != "null") {
    // A cursor is letters and digits; one that would have to be read is left to the parser.
    if (next.front() != '"' || next.find('\\') != std::string_view::npos) return std::nullopt;
    out.next = next.substr(1, next.size() - 2);
  }
  return out;
}

}  // namespace socle::forms

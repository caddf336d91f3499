// The one file that knows simdjson. Its first stage (SIMD token search and UTF-8 check) is used as it is; its second,
// the tape, is not: it refuses 1e400 and big integers, drops number texts and looks keys up one by one.
#include <simdjson.h>

#include <algorithm>
#include <string>
#include <utility>

#include "socle/json/document.hpp"
#include "src/emitter.hpp"
#include "src/flatten.hpp"
#include "src/locate.hpp"
#include "src/utf8.hpp"

namespace socle::json {
namespace {

// Buffers above this are given back after a text that needed them.
constexpr std::size_t keep = std::size_t{1} << 20;

Error positioned(std::string_view text, std::size_t offset, Code code, std::string_view reason, Position* where) {
  const Position position = position_of(text, offset);
  if (where) *where = position;
  return Error{code, to_string(position) + ": " + std::string(reason)};
}

}  // namespace

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

struct Parser::Impl {
  // Finds the tokens; false when simdjson's first stage already refuses the text (or memory is out).
  bool find_tokens(std::string_view text) {
    if (!stage || text.size() > capacity) {
      const std::size_t wanted = std::max<std::size_t>(text.size(), 4096);
      stage.reset();
      if (simdjson::get_active_implementation()->create_dom_parser_implementation(wanted, 1, stage) !=
          simdjson::SUCCESS)
        return false;
      capacity = wanted;
    }
    return stage->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                         simdjson::stage1_mode::regular) == simdjson::SUCCESS;
  }
  // A lone scalar may end with the text; the walk needs a byte behind it.
  Flattened flatten(std::string_view text, const ParseOptions& options) {
    Tokens tokens{text.data(), text.size(), stage->structural_indexes.get(), stage->n_structural_indexes};
    const char first = tokens.count ? text[tokens.at[0]] : '\0';
    if (tokens.count == 1 && first != '{' && first != '[') {
      scalar.assign(text).push_back(' ');
      tokens.text = scalar.c_str();
    } else if (first != '{' && first != '[') {
      return Flattened::wrong;
    }
    return flattener.run(tokens, options, out);
  }
  void finish() {
    std::uint64_t root = flattener.root();
    if (flattener.gaps()) {
      compacted.clear();
      compacted.reserve(out.size());
      root = copy_value(compacted, View(out.data(), root));
      std::swap(out, compacted);
    }
    out.finish(root);
  }
  void trim() {
    out.shrink(keep);
    compacted.shrink(keep);
    flattener.shrink(keep);
    if (capacity * 8 > keep) {
      stage.reset();
      capacity = 0;
    }
    if (scalar.capacity() > keep) std::string().swap(scalar);
  }
  Error refuse(std::string_view text, const ParseOptions& options, Flattened why, Position* where) {
    if (why == Flattened::duplicate)
      return positioned(text, flattener.place(), Code::invalid, "the object already has a member of this name", where);
    if (why == Flattened::too_many_members)
      return positioned(text, flattener.place(), Code::too_large,
                        "the object has more than " + std::to_string(options.max_members) + " members", where);
    if (const auto fault = locate_fault(text, options.max_depth))
      return positioned(text, fault->offset, fault->too_deep ? Code::too_large : Code::invalid, fault->reason, where);
    return Error{Code::internal, "the JSON parser and its fault finder disagree about this text"};
  }

  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage;
  std::size_t capacity = 0;
  Flattener flattener;
  Emitter out;
  Emitter compacted;
  std::string scalar;
};

Parser::Parser() : impl_(std::make_unique<Impl>()) {}
Parser::~Parser() = default;
Parser::Parser(Parser&&) noexcept = default;
Parser& Parser::operator=(Parser&&) noexcept = default;

Result<std::string_view> Parser::flatten(std::string_view text, const ParseOptions& wanted, Position* where) {
  ParseOptions options = wanted;
  options.max_size = std::min(options.max_size, layout::max_length);
  options.max_depth = std::min(options.max_depth, layout::max_depth);
  impl_->trim();
  impl_->out.clear();
  if (text.size() > options.max_size) {
    if (where) *where = Position{};
    return Error{Code::too_large, "the JSON text has " + std::to_string(text.size()) + " bytes, at most " +
                                      std::to_string(options.max_size) + " are accepted"};
  }
  auto why = Flattened::wrong;
  if (!text.empty() && impl_->find_tokens(text)) why = impl_->flatten(text, options);
  if (why != Flattened::done) return impl_->refuse(text, options, why, where);
  impl_->finish();
  return std::string_view{impl_->out.data(), impl_->out.size()};
}

Result<Document> Parser::parse(std::string_view text, const ParseOptions& options, Position* where) {
  auto bytes = flatten(text, options, where);
  if (!bytes) return std::move(bytes).error();
  return Document(*bytes);
}

std::size_t Parser::retained() const {
  return impl_->out.capacity() + impl_->compacted.capacity() + impl_->flattener.retained() + impl_->capacity * 4 +
         impl_->scalar.capacity();
}

Result<Document> Document::parse(std::string_view text, const ParseOptions& options, Position* where) {
  return Parser().parse(text, options, where);
}

}  // namespace socle::json

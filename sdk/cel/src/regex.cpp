// regex.cpp: the one file that knows RE2. Memory per pattern is capped, so that no pattern and no text can blow up.
#include "regex.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "socle/cel/pattern_cost.hpp"
#include "utf8.hpp"

namespace socle::cel {
namespace {
constexpr std::size_t largest_budget = std::size_t{1} << 20;
constexpr std::size_t smallest_budget = std::size_t{96} << 10;
constexpr std::size_t per_instruction = 128;

// \C is one byte, even of a character that has several: what it finds would be no text. Within \Q…\E it is plain.
bool matches_bytes(std::string_view pattern) {
  for (auto at = pattern.find('\\'); at < pattern.size() - 1; at = pattern.find('\\', at)) {
    if (pattern[at + 1] == 'C') return true;
    at = pattern[at + 1] == 'Q' ? pattern.find("\\E", at + 2) : at;
    if (at == std::string_view::npos) return false;
    at += 2;
  }
  return false;
}
}  // namespace

struct Regex::Impl {
  Impl(std::string_view pattern, const RE2::Options& options)
      : re(re2::StringPiece(pattern.data(), pattern.size()), options) {}
  RE2 re;
  std::size_t budget = 0;  // what the pattern and the states of its automata may take
};

Regex::Regex(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Regex::~Regex() = default;

Result<std::unique_ptr<Regex>> Regex::compile(std::string_view pattern, Origin origin) {
  if (pattern.size() > max_pattern)
    return Error{Code::too_large, "regular expression of " + std::to_string(pattern.size()) + " bytes; at most " +
                                      std::to_string(max_pattern) + " are allowed"};
  RE2::Options options(RE2::Quiet);
  const bool computed = origin == Origin::computed;
  const auto budget = computed ? computed_pattern_memory : largest_budget;
  options.set_max_mem(static_cast<std::int64_t>(budget));
  auto impl = std::make_unique<Impl>(pattern, options);
  impl->budget = budget;
  if (!impl->re.ok())
    return Error{Code::invalid, "bad regular expression '" + shortened(pattern) + "': " + impl->re.error()};
  if (matches_bytes(pattern))
    return Error{Code::invalid,
                 "bad regular expression '" + shortened(pattern) + "': \\C would cut characters; a dot is a whole one"};
  // Most patterns are small, and a tenant may have many: what one may take follows from its program.
  const auto enough = smallest_budget + static_cast<std::size_t>(impl->re.ProgramSize()) * per_instruction;
  if (!computed && enough < largest_budget) {
    options.set_max_mem(static_cast<std::int64_t>(enough));
    auto smaller = std::make_unique<Impl>(pattern, options);
    smaller->budget = enough;
    if (smaller->re.ok()) impl = std::move(smaller);
  }
  return std::unique_ptr<Regex>(new Regex(std::move(impl)));
}

bool Regex::search(std::string_view text) const {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), impl_->re);
}
std::size_t Regex::program_size() const { return static_cast<std::size_t>(std::max(impl_->re.ProgramSize(), 0)); }
int Regex::groups() const { return impl_->re.NumberOfCapturingGroups(); }

bool Regex::match(std::string_view text, std::size_t from, std::vector<std::string_view>& found) const {
  std::vector<re2::StringPiece> pieces(static_cast<std::size_t>(groups()) + 1);
  if (!impl_->re.Match(re2::StringPiece(text.data(), text.size()), from, text.size(), RE2::UNANCHORED, pieces.data(),
                       static_cast<int>(pieces.size())))
    return false;
  found.clear();
  for (const auto& piece : pieces) found.emplace_back(piece.data(), piece.size());
  return true;
}

Status Regex::check_rewrite(std::string_view rewrite) const {
  std::string wrong;
  if (impl_->re.CheckRewriteString(re2::StringPiece(rewrite.data(), rewrite.size()), &wrong)) return {};
  return Error{Code::invalid, "bad replacement: " + wrong};
}
void Regex::rewrite(std::string& out, std::string_view rewrite, const std::vector<std::string_view>& found) const {
  std::vector<re2::StringPiece> pieces;
  pieces.reserve(found.size());
  for (const auto& part : found) pieces.emplace_back(part.data(), part.size());
  impl_->re.Rewrite(&out, re2::StringPiece(rewrite.data(), rewrite.size()), pieces.data(),
                    static_cast<int>(pieces.size()));
}

std::size_t Regex::size() const { return sizeof(Impl) + impl_->budget; }

}  // namespace socle::cel

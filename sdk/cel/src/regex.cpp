// regex.cpp: the one file that knows RE2. Memory per pattern is capped, so that no pattern and no text can blow up.
#include "regex.hpp"

#include <re2/re2.h>

namespace socle::cel {

struct Regex::Impl {
  Impl(std::string_view pattern, const RE2::Options& options)
      : re(re2::StringPiece(pattern.data(), pattern.size()), options) {}
  RE2 re;
};

Regex::Regex(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Regex::~Regex() = default;

Result<std::unique_ptr<Regex>> Regex::compile(std::string_view pattern) {
  if (pattern.size() > max_pattern)
    return Error{Code::too_large, "regular expression of " + std::to_string(pattern.size()) + " bytes; at most " +
                                      std::to_string(max_pattern) + " are allowed"};
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(1 << 20);
  auto impl = std::make_unique<Impl>(pattern, options);
  if (!impl->re.ok())
    return Error{Code::invalid,
                 "bad regular expression '" + std::string(pattern.substr(0, 64)) + "': " + impl->re.error()};
  return std::unique_ptr<Regex>(new Regex(std::move(impl)));
}

bool Regex::search(std::string_view text) const {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), impl_->re);
}
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

Result<std::string> Regex::replace(std::string_view text, std::string_view rewrite, std::int64_t count) const {
  std::string wrong;
  const re2::StringPiece piece(rewrite.data(), rewrite.size());
  if (!impl_->re.CheckRewriteString(piece, &wrong)) return Error{Code::invalid, "bad replacement: " + wrong};
  std::string out;
  std::vector<re2::StringPiece> pieces(static_cast<std::size_t>(groups()) + 1);
  std::size_t at = 0;
  const re2::StringPiece whole(text.data(), text.size());
  while (at <= text.size() && count != 0) {
    if (!impl_->re.Match(whole, at, text.size(), RE2::UNANCHORED, pieces.data(), static_cast<int>(pieces.size())))
      break;
    const auto begin = static_cast<std::size_t>(pieces[0].data() - text.data());
    out.append(text.substr(at, begin - at));
    impl_->re.Rewrite(&out, piece, pieces.data(), static_cast<int>(pieces.size()));
    at = begin + pieces[0].size();
    if (pieces[0].empty()) {
      // An empty match: one whole code point is passed on.
      if (at < text.size()) {
        out.push_back(text[at++]);
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0u) == 0x80u) out.push_back(text[at++]);
      } else {
        ++at;
      }
    }
    if (count > 0) --count;
  }
  if (at < text.size()) out.append(text.substr(at));
  return out;
}

std::size_t Regex::size() const { return sizeof(Impl) + static_cast<std::size_t>(impl_->re.ProgramSize()) * 16; }

}  // namespace socle::cel

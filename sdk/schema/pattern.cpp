// pattern.cpp: chooses the engine; the one file that knows RE2 and PCRE2.
#include "pattern.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <re2/re2.h>

#include <optional>
#include <utility>
#include <variant>

#include "dfa_matcher.hpp"
#include "linear_matcher.hpp"
#include "pattern_print.hpp"

namespace socle::schema {

namespace {

constexpr std::size_t max_source = 64 * 1024;
constexpr std::uint32_t match_limit = 200000;  // about 2 ms of backtracking
constexpr std::uint32_t depth_limit = 2000;
constexpr std::uint32_t heap_limit_kib = 4096;

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct FreeMatch {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};
struct FreeContext {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};
struct FreeCompileContext {
  void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
};

struct Backtracker {
  std::unique_ptr<pcre2_code, FreeCode> code;
  std::unique_ptr<pcre2_match_context, FreeContext> context;

  // The match block is made per call: this engine is the rare, slow one, and a shared block would need a lock.
  [[nodiscard]] Pattern::Match match(std::string_view text) const {
    const std::unique_ptr<pcre2_match_data, FreeMatch> data(pcre2_match_data_create(1, nullptr));
    if (!data) return Pattern::Match::limit;
    const int found = pcre2_match(code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0,
                                  PCRE2_NO_UTF_CHECK, data.get(), context.get());
    if (found == PCRE2_ERROR_NOMATCH) return Pattern::Match::no;
    return found >= 0 ? Pattern::Match::yes : Pattern::Match::limit;
  }
};

Result<Backtracker> compile_backtracker(const std::string& text) {
  Backtracker made;
  const std::unique_ptr<pcre2_compile_context, FreeCompileContext> options(pcre2_compile_context_create(nullptr));
  pcre2_set_parens_nest_limit(options.get(), 2000);
  int code = 0;
  PCRE2_SIZE at = 0;
  made.code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                PCRE2_UTF | PCRE2_MATCH_UNSET_BACKREF | PCRE2_NO_UTF_CHECK | PCRE2_DOLLAR_ENDONLY,
                                &code, &at, options.get()));
  if (!made.code) {
    char message[200] = {};
    pcre2_get_error_message(code, reinterpret_cast<PCRE2_UCHAR*>(message), sizeof message);
    return Error{Code::invalid, message};
  }
  made.context.reset(pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(made.context.get(), match_limit);
  pcre2_set_depth_limit(made.context.get(), depth_limit);
  pcre2_set_heap_limit(made.context.get(), heap_limit_kib);
  return made;
}

std::unique_ptr<re2::RE2> compile_re2(const std::string& text) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(8 << 20);
  auto made = std::make_unique<re2::RE2>(text, options);
  return made->ok() ? std::move(made) : nullptr;
}

}  // namespace

struct Pattern::Impl {
  std::string source;
  std::variant<LinearMatcher, DfaMatcher, std::unique_ptr<re2::RE2>, Backtracker> matcher;
};

Pattern::Pattern(std::unique_ptr<const Impl> impl)
    : impl_(std::move(impl)), linear_(std::get_if<LinearMatcher>(&impl_->matcher)) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

Result<Pattern> Pattern::compile(std::string_view source) {
  if (source.size() > max_source) return Error{Code::too_large, "a pattern of more than 64 KiB"};
  auto tree = parse_pattern(source, PatternSyntax::lenient);
  if (!tree) return std::move(tree).error();
  const auto made = [&](auto matcher) {
    return Pattern(std::make_unique<const Impl>(Impl{std::string(source), std::move(matcher)}));
  };
  if (auto linear = LinearMatcher::build(*tree)) return made(std::move(*linear));
  if (auto dfa = DfaMatcher::build(*tree)) return made(std::move(*dfa));
  if (tree->regular && !tree->properties)
    if (auto re2 = compile_re2(print_pattern(*tree, Dialect::re2))) return made(std::move(re2));
  auto backtracker = compile_backtracker(print_pattern(*tree, Dialect::pcre2));
  if (!backtracker) return std::move(backtracker).error();
  return made(std::move(*backtracker));
}

Pattern::Match Pattern::match_general(std::string_view text) const {
  switch (impl_->matcher.index()) {
    case 1: return std::get_if<1>(&impl_->matcher)->matches(text) ? Match::yes : Match::no;
    case 2:
      return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), **std::get_if<2>(&impl_->matcher))
                 ? Match::yes
                 : Match::no;
    default: return std::get_if<3>(&impl_->matcher)->match(text);
  }
}

Pattern::Engine Pattern::engine() const { return static_cast<Engine>(impl_->matcher.index()); }
const std::string& Pattern::source() const { return impl_->source; }

}  // namespace socle::schema

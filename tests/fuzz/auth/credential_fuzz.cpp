// credential_fuzz.cpp: any bytes as a credential, a cookie, and what a browser says of the page that made a request.
// What is taken for a secret is exactly what make_secret() writes; a key is never a cookie; and an unsafe request of
// another site never passes.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "credentials/secret_text.hpp"
#include "http/cookie.hpp"
#include "verify/cross_site.hpp"
#include "verify/presented.hpp"

using namespace socle::auth;

namespace {

void as_secret(std::string_view text) {
  const auto read = read_secret(text);
  if (!read) return;
  const auto like = make_secret(read->kind, read->tenant, read->id);
  if (like.size() != text.size() || !text.starts_with(like.substr(0, like.size() - 43))) std::abort();
}

void as_credential(std::string_view text) {
  using Kind = Presented::Kind;
  for (const bool cookie : {false, true}) {
    const auto shown = cookie ? read_credential({}, text) : read_credential(text, {});
    if (shown.cookie && shown.kind != Kind::session && shown.kind != Kind::bad && shown.kind != Kind::none)
      std::abort();
    if (shown.kind == Kind::bad && shown.why.empty()) std::abort();
    if ((shown.kind == Kind::session || shown.kind == Kind::key) && !read_secret(shown.text)) std::abort();
    if (shown.kind != Kind::none && shown.kind != Kind::bad && shown.text.size() > 8 * 1024) std::abort();
  }
}

void as_cookies(std::string_view text) {
  const auto value = cookie_in(text, "socle_session");
  if (value.find(';') != std::string::npos || text.find(value) == std::string_view::npos) std::abort();
  const std::string with = "socle_session=planted-first; " + std::string(text);
  if (cookie_in(with, "socle_session") != "planted-first") std::abort();
}

// Seven texts, between line feeds.
void as_browser(std::string_view text) {
  std::array<std::string_view, 7> part{};
  for (auto& one : part) {
    const auto end = text.find('\n');
    one = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  const BrowserRequest asked{part[0], part[1], part[2], part[3], part[4], part[5], part[6]};
  const bool passes = cross_site_fault(asked).empty();
  const bool safe = asked.method == "GET" || asked.method == "HEAD" || asked.method == "OPTIONS";
  const bool proven = !asked.expected.empty() && asked.token == asked.expected;  // only our own pages know it
  if (passes && !safe && !proven && asked.fetch_site == "cross-site") std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.data() == nullptr) return 0;
  as_secret(text);
  as_credential(text);
  as_cookies(text);
  as_browser(text);
  return 0;
}

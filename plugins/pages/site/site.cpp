#include "site/site.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

namespace socle::pages {
namespace {

constexpr std::string_view policy =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'";

std::string hex(const unsigned char* bytes, std::size_t size) {
  std::string out;
  out.reserve(size * 2);
  for (std::size_t i = 0; i < size; ++i) {
    out += "0123456789abcdef"[bytes[i] >> 4U];
    out += "0123456789abcdef"[bytes[i] & 15U];
  }
  return out;
}

page::Templates compiled(page::Language language) {
  const auto sources = template_sources();
  auto made = page::Templates::compile({sources.begin(), sources.end()}, messages(), language);
  if (!made)
    throw std::runtime_error(made.error().message);  // a fault of the build; the constructor's barrier tells it
  return std::move(*made);
}

std::string address(std::string_view name) {
  for (const auto& one : assets())
    if (one.name == name) return address_of(one);
  return {};
}

Reply guarded(Reply reply) {
  return std::move(reply)
      .with_header("content-security-policy", policy)
      .with_header("x-content-type-options", "nosniff")
      .with_header("referrer-policy", "same-origin")
      .with_header("cross-origin-opener-policy", "same-origin");
}

// "/errors" of a problem: [{pointer, message}]
std::vector<page::Data> details(std::string_view text) {
  std::vector<page::Data> out;
  const auto errors = json::Document::parse(text);
  if (!errors) return out;
  for (const auto error : errors->root().elements()) {
    page::Data one;
    one.text("label", std::string(error.find("pointer").as_string()))
        .text("message", std::string(error.find("message").as_string()));
    out.push_back(std::move(one));
  }
  return out;
}

int status_of(const Reply& why) {
  if (const int set = why.http_status(); set != 0) return set;
  switch (why.code()) {
    case Code::not_found: return 404;
    case Code::denied: return 403;
    case Code::unauthenticated: return 401;
    case Code::conflict: return 409;
    case Code::precondition: return 412;
    case Code::unsupported: return 415;
    case Code::invalid: return 422;
    default: return failing_status(why);
  }
}

}  // namespace

int failing_status(const Reply& why) {
  switch (why.code()) {
    case Code::too_large: return 413;
    case Code::exhausted: return 429;
    case Code::internal:
    case Code::data_loss: return 500;
    case Code::unavailable:
    case Code::cancelled: return 503;
    case Code::deadline: return 504;
    case Code::storage_full: return 507;
    default: return 0;
  }
}

int refusal_status(const Reply& why) {
  if (const int set = why.http_status(); set != 0) return set;
  const int failing = failing_status(why);
  return failing != 0 ? failing : 422;
}

std::string random_key() {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return {};
  return hex(bytes, sizeof bytes);
}

Viewer Viewer::of(Context context) {
  Viewer out;
  out.user = context.principal();
  out.name = out.user;
  const auto claims = json::Document::parse(context.claims().empty() ? "{}" : context.claims());
  if (!claims) return out;
  const auto root = claims->root();
  if (const auto name = root.find("name").as_string(); !name.empty()) out.name = name;
  out.session = root.find("session").as_string();
  for (const auto role : root.find("roles").elements())
    out.admin = out.admin || role.as_string() == "owner" || role.as_string() == "admin";
  return out;
}

// The key outlives a swap, so that a form that was opened before it can still be sent; a restart makes a new one, and
// such a form is shown again with all that was entered.
Site::Site()
    : templates_{compiled(page::Language::en), compiled(page::Language::zh)},
      style_(address("app.css")),
      script_(address("app.js")),
      icon_(address("icon.svg")) {
  if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1) throw std::runtime_error("no random key for forms");
}

bool Site::take_key(std::string_view bytes) {
  if (bytes.size() != key_.size()) return false;
  std::copy(bytes.begin(), bytes.end(), key_.begin());
  return true;
}

page::Language Site::language(const Request& request) {
  return forms::language_of(request.header("accept-language")) == forms::Language::zh ? page::Language::zh
                                                                                      : page::Language::en;
}
std::string_view Site::word(const Request& request, std::string_view key) const {
  return messages().in(language(request), key);
}
std::string Site::filled(const Request& request, std::string_view key,
                         std::initializer_list<std::string_view> values) const {
  return messages().filled(language(request), key, values);
}

Reply Site::page(const Request& request, const Page& page, page::Data content) const {
  const auto language = Site::language(request);
  const auto& templates = templates_[static_cast<std::size_t>(language)];
  const Viewer viewer = Viewer::of(request);
  const std::string csrf = token(request);
  content.view("csrf", csrf).view("icon", icon_);
  page::Data frame;
  const bool inside = !request.principal().empty() && !request.tenant().starts_with("~");
  frame.view("lang", page::tag_of(language)).view("title", page.title).view("csrf", csrf);
  frame.view("style", style_).view("script", script_).view("icon", icon_).view("size", page.slim ? "slim" : "full");
  frame.flag("known", inside).flag("admin", viewer.admin).flag("session", inside && !viewer.session.empty());
  frame.flag("guest", inside && viewer.session.empty())
      .flag("outside", viewer.session.empty() && page.part != Part::none);
  frame.view("name", viewer.name).text("initial", viewer.name.substr(0, 1));
  frame.flag("at_forms", page.part == Part::forms).flag("at_users", page.part == Part::users);
  frame.flag("at_roles", page.part == Part::roles).flag("at_account", page.part == Part::account);
  if (const std::string key = "done_" + std::string(request.param("done")); messages().find(key) != nullptr)
    frame.view("done", messages().in(language, key));
  frame.markup("content", templates.markup(page.name, content));
  return guarded(Reply::other("text/html; charset=utf-8", templates.render("layout", frame)))
      .with_cache_control("no-store")
      .with_header("vary", "Accept-Language, Cookie")
      .with_status(page.status);
}

Reply Site::problem(const Request& request, const Reply& why, std::string back) const {
  page::Data data;
  const bool denied = why.code() == Code::denied || why.code() == Code::unauthenticated;
  std::string title(word(request, denied ? "access_denied" : "refused"));
  data.view("title", title).view("text", why.message()).view("code", why.error_code()).text("back", std::move(back));
  auto faults = details(why.text());
  data.flag("detailed", !faults.empty()).list("details", std::move(faults));
  return page(request, {"problem", title, Part::forms, status_of(why), false}, std::move(data));
}

Reply Site::asset(const Request& request) const {
  const std::string wanted = "/assets/" + std::string(request.param("file"));
  for (const auto& one : assets()) {
    if (address_of(one) != wanted) continue;
    return Reply::other(one.type, one.body)
        .with_cache_control("public, max-age=31536000, immutable")
        .with_header("x-content-type-options", "nosniff")
        .with_header("content-security-policy", "default-src 'none'");
  }
  return Reply::error(Code::not_found, "no_asset", "there is no such file; the page that named it is an old one");
}

Reply Site::go(std::string path, std::string_view done) {
  if (!done.empty()) path.append(path.find('?') == std::string::npos ? "?done=" : "&done=").append(done);
  return Reply().with_status(303).with_location(path).with_cache_control("no-store");
}

std::string Site::token(const Request& request) const {
  std::string whom(request.tenant());
  whom.append("\n").append(request.principal()).append("\n").append(Viewer::of(request).session);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), reinterpret_cast<const unsigned char*>(whom.data()),
       whom.size(), mac, &size);
  return hex(mac, 20);
}

bool Site::genuine(const Request& request, const page::FormBody& body) const {
  const std::string wanted = token(request);
  const auto given = body.find("csrf").value_or("");
  return given.size() == wanted.size() && CRYPTO_memcmp(given.data(), wanted.data(), wanted.size()) == 0;
}

Reply Site::stale(const Request& request) const {
  return problem(request, Reply::error(Code::denied, "stale_form", word(request, "expired_page")));
}

}  // namespace socle::pages

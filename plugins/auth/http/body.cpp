#include "http/body.hpp"

#include "http/cookie.hpp"

namespace socle::auth {
namespace {

constexpr std::string_view secure_name = "__Host-socle_session";
constexpr std::string_view plain_name = "socle_session";

}  // namespace

Got<Body> Body::of(const Request& request) {
  Body out;
  if (request.text().find_first_not_of(" \t\r\n") == std::string_view::npos) return out;
  auto parsed = json::Document::parse(request.text());
  if (!parsed) return Reply::error(Code::invalid, "bad_json", parsed.error().message);
  if (!parsed->root().is_object()) return Reply::error(Code::invalid, "bad_request", "the body is a JSON object");
  out.document_ = std::move(*parsed);
  return out;
}

Caller caller_of(Context context) {
  Caller out;
  const auto claims = json::Document::parse(context.claims());
  if (!claims || context.claims().empty()) return out;
  const auto text = [&claims](std::string_view name) { return std::string(claims->root().find(name).as_string()); };
  out.user = text("user");
  out.session = text("session");
  out.key = text("key");
  out.scoped = claims->root().find("scopes").exists();
  for (const json::View role : claims->root().find("roles").elements()) out.roles.emplace_back(role.as_string());
  return out;
}

Reply invalid(const std::vector<Fault>& faults) {
  std::string text;
  json::Writer out(text);
  out.begin_array();
  for (const Fault& f : faults)
    out.begin_object().member("pointer", f.pointer).member("code", f.code).member("message", f.message).end_object();
  out.end_array();
  return Reply::error(Code::invalid, "invalid_request", "some fields are not as they must be; see errors", text)
      .with_status(422);
}

Reply listed_password(std::string_view pointer) {
  const std::vector<Fault> faults(
      1, Fault{std::string(pointer), "refused_password",
               "choose another password: it is on a list of passwords that others have used and guessers know"});
  return invalid(faults);
}

Reply unknown(std::string_view what) {
  return Reply::error(Code::not_found, "not_found", std::string("there is no such ").append(what).append(" here"));
}

Reply session_needed() {
  return Reply::error(
      Code::denied, "session_required",
      "only somebody who has signed in may do this; a key, a narrowed token or a listener's own identity may not");
}

Reply private_json(std::string_view text) { return Reply::json(text).with_cache_control("no-store"); }

std::string cookie_of(const Request& request, std::string_view name) {
  return cookie_in(request.header("cookie"), name);
}

Origin origin_of(const Request& request, bool behind_tls) {
  Origin out;
  out.peer = request.meta("http.peer");
  out.agent = request.header("user-agent");
  const std::string_view transport = request.meta("http.transport");
  out.secure = transport == "tls" || (transport == "loopback" && behind_tls);
  out.may_sign_in = transport != "plain";
  const std::string_view cookies = request.header("cookie");
  out.cookie = cookie_in(cookies, secure_name);
  if (out.cookie.empty() && !out.secure) out.cookie = cookie_in(cookies, plain_name);
  return out;
}

std::string session_cookie(const Origin& origin, std::string_view secret) {
  std::string out(origin.secure ? secure_name : plain_name);
  out.append("=").append(secret).append("; Path=/; HttpOnly; SameSite=Lax");
  if (origin.secure) out += "; Secure";
  if (secret.empty()) out += "; Max-Age=0";
  return out;
}

}  // namespace socle::auth

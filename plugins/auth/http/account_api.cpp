#include "http/account_api.hpp"

#include "core/secret.hpp"
#include "credentials/recovery.hpp"
#include "credentials/totp.hpp"
#include "credentials/weakness.hpp"

namespace socle::auth {
namespace {

std::string new_codes(Secrets& secrets) {
  std::string text;
  json::Writer out(text);
  secrets.recovery.clear();
  secrets.recovery.reserve(recovery_codes);
  out.begin_object().key("recovery_codes").begin_array();
  for (std::size_t i = 0; i < recovery_codes; ++i) {
    const std::string code = make_recovery_code();
    secrets.recovery.push_back(recovery_fingerprint(code));
    out.string(code);
  }
  out.end_array().end_object();
  return text;
}

}  // namespace

Task<Got<bool>> AccountApi::keep(Request request, const SignIn::Proven& proven) {
  Batch batch;
  batch.put(collection::credentials, proven.person.id, proven.secrets.revision, secrets_document(proven.secrets));
  co_return co_await store_.write(request, batch.take());
}

Task<Reply> AccountApi::changed(Request request, const SignIn::Proven& proven, std::string text) {
  auto kept = co_await keep(request, proven);
  if (!kept) co_return std::move(kept).problem();
  auto ended = co_await sessions_.revoke_everywhere(request, proven.person.id, proven.secrets, proven.person.id);
  if (!ended) co_return std::move(ended).problem();
  co_return co_await sign_in_.rotated(request, proven, std::move(text));
}

Task<Reply> AccountApi::change_password(Request request) {
  auto body = Body::of(request);
  if (!body) co_return std::move(body).problem();
  auto proven = co_await sign_in_.prove(request, body->text("password"));
  if (!proven) co_return std::move(proven).problem();
  const std::string wanted = body->text("new_password");
  auto why = weakness(wanted, proven->person.username, request.tenant(), settings_.password_length);
  if (!why && wanted == body->text("password")) why = "it is the present one";
  if (why) {
    const std::vector<Fault> faults(1, Fault{"/new_password", "weak_password", "choose another password: " + *why});
    co_return invalid(faults);
  }
  auto hash = co_await passwords_.hash(std::string(request.tenant()), sender(request.meta("http.peer")), wanted);
  if (!hash) co_return std::move(hash).problem();
  if (hash->listed) co_return listed_password("/new_password");
  proven->secrets.password = std::move(hash->hash);
  proven->secrets.changed_at = timestamp(std::chrono::duration_cast<Milliseconds>(host_.now_utc()));
  co_return co_await changed(request, *proven, "{}");
}

// Nothing is asked of anybody before the first code has been shown.
Task<Reply> AccountApi::begin_totp(Request request) {
  auto body = Body::of(request);
  if (!body) co_return std::move(body).problem();
  auto proven = co_await sign_in_.prove(request, body->text("password"));
  if (!proven) co_return std::move(proven).problem();
  if (proven->secrets.totp_confirmed)
    co_return Reply::error(Code::conflict, "totp_active", "an authenticator is active; remove it first");
  const std::string secret = random_bytes(totp_secret_size);
  proven->secrets.totp = base32(secret);
  proven->secrets.totp_step = 0;
  auto kept = co_await keep(request, *proven);
  if (!kept) co_return std::move(kept).problem();
  std::string text;
  json::Writer(text)
      .begin_object()
      .member("secret", proven->secrets.totp)
      .member("uri", totp_uri(secret, settings_.issuer, proven->person.username))
      .end_object();
  co_return private_json(text);
}

Task<Reply> AccountApi::confirm_totp(Request request) {
  auto body = Body::of(request);
  if (!body) co_return std::move(body).problem();
  auto proven = co_await sign_in_.prove(request, body->text("password"));
  if (!proven) co_return std::move(proven).problem();
  Secrets& secrets = proven->secrets;
  if (secrets.totp.empty() || secrets.totp_confirmed)
    co_return Reply::error(Code::conflict, "totp_not_begun",
                           "there is no new authenticator to confirm; begin with POST /v1/auth/totp");
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(host_.now_utc()).count();
  const auto step = totp_match(from_base32(secrets.totp).value_or(""), body->text("code"), totp_step(now), 0);
  if (!step) {
    const std::vector<Fault> faults(
        1, Fault{"/code", "bad_code", "this is not the code that the authenticator shows now"});
    co_return invalid(faults);
  }
  secrets.totp_confirmed = true;
  secrets.totp_step = *step;
  std::string text = new_codes(secrets);
  co_return co_await changed(request, *proven, std::move(text));
}

Task<Reply> AccountApi::remove_totp(Request request) {
  auto body = Body::of(request);
  if (!body) co_return std::move(body).problem();
  auto proven = co_await sign_in_.prove(request, body->text("password"));
  if (!proven) co_return std::move(proven).problem();
  proven->secrets.totp.clear();
  proven->secrets.totp_confirmed = false;
  proven->secrets.recovery.clear();
  co_return co_await changed(request, *proven, "{}");
}

Task<Reply> AccountApi::recovery(Request request) {
  auto body = Body::of(request);
  if (!body) co_return std::move(body).problem();
  auto proven = co_await sign_in_.prove(request, body->text("password"));
  if (!proven) co_return std::move(proven).problem();
  if (!proven->secrets.totp_confirmed)
    co_return Reply::error(Code::conflict, "totp_not_active",
                           "recovery codes stand in for an authenticator; there is none");
  std::string text = new_codes(proven->secrets);
  auto kept = co_await keep(request, *proven);
  if (!kept) co_return std::move(kept).problem();
  co_return private_json(text);
}

}  // namespace socle::auth

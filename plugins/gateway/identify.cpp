// identify.cpp: Connection's step from a route to the one a request acts for. A request that shows a credential is
// judged by auth/1, which answers inline for those it knows; one that shows none stands for the listener's tenant, if
// it names one, or for nobody. Without a provider of auth/1 credentials mean nothing. No header selects a tenant.
//
// While auth/1 is asked the connection is `calling`: what the client sends meanwhile waits in in_, the head's bytes are
// copied, and on_identity() goes on where begin() left off.
#include "connection.hpp"
#include "cross_site.hpp"
#include "local_name.hpp"
#include "problem.hpp"

namespace socle::gateway {

namespace {

constexpr std::int64_t patience = 5 * second;
constexpr std::string_view secure_cookie = "__Host-socle_session";
constexpr std::string_view plain_cookie = "socle_session";

// The value of a cookie in one Cookie field; absent (data() == nullptr) when it has none of this name.
std::string_view cookie_in(std::string_view field, std::string_view name) {
  while (!field.empty()) {
    const std::size_t end = field.find(';');
    const std::string_view pair = ascii::trim(field.substr(0, end));
    field = end == std::string_view::npos ? std::string_view() : field.substr(end + 1);
    if (pair.size() > name.size() && pair[name.size()] == '=' && pair.substr(0, name.size()) == name)
      return pair.substr(name.size() + 1);
  }
  return {};
}

// What a browser says by itself that it holds. A cookie of the secure name counts where it can have been set so: over
// TLS, and from a proxy on this machine; the plain one only on a loopback listener.
std::string_view session_cookie(const Head& head, const Listener& listener) {
  std::string_view plain;
  for (std::uint32_t i = 0; i < head.field_count; ++i) {
    if (!ascii::same(head.text(head.fields[i].name), "cookie")) continue;
    const std::string_view field = head.text(head.fields[i].value);
    if (!listener.tls && !listener.loopback) continue;
    if (const std::string_view found = cookie_in(field, secure_cookie); found.data()) return found;
    if (!listener.tls && !plain.data()) plain = cookie_in(field, plain_cookie);
  }
  return plain;
}

std::string_view access_text(const Route& route) {
  if (route.access == Access::open) return "public";
  return route.permission.empty() ? std::string_view("authenticated") : std::string_view(route.permission);
}

}  // namespace

Proof Connection::proof() const {
  const Exchange& e = *exchange_;
  return {std::string(e.head.value("authorization")), std::string(session_cookie(e.head, *listener_)),
          std::string(access_text(*e.match.route))};
}

Connection::Identified Connection::identify() {
  Exchange& e = *exchange_;
  const auto& authenticate = e.catalog->authenticate;
  const std::string_view authorization = e.head.value("authorization");
  const std::string_view cookie = authorization.data() ? std::string_view() : session_cookie(e.head, *listener_);
  if (!authenticate || (!authorization.data() && !cookie.data())) {
    e.identity = {listener_->tenant, listener_->principal, {}};
    const Refusal why = judge_identity();
    if (!why) return Identified::yes;
    if (!send_to_sign_in(why.code)) refuse(why);
    return Identified::refused;
  }
  std::vector<socle_pair>& shown = worker_.shown();
  shown.clear();
  const auto show = [&shown](std::string_view key, std::string_view value) {
    if (value.data()) shown.push_back({str(key), str(value)});
  };
  show("authorization", authorization);
  show("cookie", cookie);
  show("access", access_text(*e.match.route));
  show("method", e.head.method_text());
  show("path", e.target.path);
  if (e.match.route->access == Access::open) show("route", e.match.route->path);
  show("peer", peer_);
  if (cookie.data()) {
    show("host", e.head.value("host"));
    show("origin", e.head.value("origin"));
    show("sec-fetch-site", e.head.value("sec-fetch-site"));
    show("csrf", e.head.value("x-csrf-token"));
    show("content-type", e.head.value("content-type"));
  }
  socle_reply reply{};
  reply.struct_size = sizeof reply;
  if (ask_auth(*authenticate, shown, reply, &Connection::on_identity) == SOCLE_PENDING) {
    e.own_head();
    return Identified::waits;
  }
  return take_identity(reply) ? Identified::yes : Identified::refused;
}

// In the name and at the cost of the address it comes from: until the answer nobody else has to do with it.
socle_status Connection::ask_auth(std::uint32_t target, const std::vector<socle_pair>& shown, socle_reply& reply,
                                  socle_reply_fn done) {
  Exchange& e = *exchange_;
  const Payload question(host(),
                         host()->payload_new(host(), {nullptr, 0}, SOCLE_MEDIA_NONE, shown.data(), shown.size()));
  if (!question || !open_context({}, worker_.now() + patience, true)) {
    reply.status = SOCLE_EXHAUSTED;
    return reply.status;
  }
  call_pending_ = true;
  ++holds_;
  const socle_status status =
      host()->call(host(), e.context.get(), target, question.get(), nullptr, &reply, done, this);
  if (status == SOCLE_PENDING) return status;
  --holds_;
  call_pending_ = false;
  reply.status = status;
  return status;
}

void Connection::on_identity(void* user, const socle_reply* reply) {
  auto& self = *static_cast<Connection*>(user);
  const Guard guard(self);
  --self.holds_;
  self.call_pending_ = false;
  if (self.state_ == State::gone) {
    const Payload dropped(self.host(), reply->payload);
    return self.worker_.give_back(std::move(self.exchange_));
  }
  std::string bytes = std::exchange(self.in_, {});
  std::size_t used = self.skip_body(bytes);
  if (self.take_identity(*reply)) {
    if (!self.its_turn(false)) {
      self.in_ = std::move(bytes);
      if (self.worker_.draining()) self.hand_over();
      return;
    }
    used = self.proceed(bytes);
  }
  self.go_on(std::move(bytes), used);
}

// True: e.identity is set. False: the request has been answered.
bool Connection::take_identity(const socle_reply& reply) {
  Exchange& e = *exchange_;
  e.identity_reply = Payload(host(), reply.payload);
  if (reply.status != SOCLE_OK) {
    refuse_identity(reply.status);
    return false;
  }
  e.identity = Identity();
  for (std::uint32_t i = 0; e.identity_reply && i < e.identity_reply->meta_count; ++i) {
    const socle_pair& pair = e.identity_reply->meta[i];
    if (view(pair.key) == "tenant") e.identity.tenant = view(pair.value);
    if (view(pair.key) == "principal") e.identity.principal = view(pair.value);
    if (view(pair.key) == "claims") e.identity.claims = view(pair.value);
  }
  if (e.identity.tenant.empty()) {  // what was shown does not count here, as on the way to signing in
    e.identity_reply.reset();
    e.identity = {listener_->tenant, listener_->principal, {}};
  }
  const Refusal why = judge_identity();
  if (!why) return true;
  if (!send_to_sign_in(why.code)) refuse(why);
  return false;
}

Refusal Connection::judge_identity() const {
  const Exchange& e = *exchange_;
  const std::string_view claimed = e.head.value("x-tenant-id");
  if (claimed.data() && claimed != e.identity.tenant) {
    return {403, "tenant_mismatch", "X-Tenant-ID names another tenant than the one this request acts for."};
  }
  if (e.identity.tenant.empty() && e.match.route->access != Access::open) {
    return {401, "unauthenticated", "This listener stands for no tenant and no identity was presented."};
  }
  // What auth/1 has let pass it has judged itself; see its own rules for cookies.
  const bool of_listener = !e.identity_reply && !e.identity.tenant.empty();
  if (!of_listener) return {};
  if (const Refusal why = unknown_host(e.head)) return why;
  return cross_site(e.method, e.head);
}

// The refusal of auth/1 as it words it; anything that is none means that nobody can be identified now.
void Connection::refuse_identity(socle_status status) {
  Exchange& e = *exchange_;
  const bool verdict = status == SOCLE_UNAUTHENTICATED || status == SOCLE_DENIED || status == SOCLE_EXHAUSTED ||
                       status == SOCLE_TOO_LARGE || status == SOCLE_INVALID;
  const ReplyMeta meta = read_reply_meta(e.identity_reply.get());
  if (!verdict || meta.bad_header) {
    return refuse({503, "auth_unavailable", "Who sends this request cannot be verified now; retry."});
  }
  const bool who_or_may = status == SOCLE_UNAUTHENTICATED || status == SOCLE_DENIED;
  if (who_or_may && send_to_sign_in(meta.code)) return;
  if (unread_body_) e.keep_alive = false;
  worker_.count(0, true);
  e.reply = std::move(e.identity_reply);
  e.identity_refused = true;
  answer_error(status, meta);
}

// A person who opens a page is shown the way in instead of a refusal: whoever says that he reads HTML, with GET. Not
// under a name that the page to sign in would be refused by as well.
bool Connection::send_to_sign_in(std::string_view code) {
  Exchange& e = *exchange_;
  const std::string& page = worker_.config().sign_in;
  const bool reads = e.method == Method::get || e.method == Method::head;
  if (page.empty() || !reads || code == unknown_host_code) return false;
  if (e.head.value("accept").find("text/html") == std::string_view::npos) return false;
  if (unread_body_) e.keep_alive = false;
  constexpr std::string_view digits = "0123456789ABCDEF";
  e.reply_text.assign(page).append("?why=").append(code).append("&next=");
  for (const char c : e.head.target_text()) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                       c == '-' || c == '.' || c == '_';
    if (plain) {
      e.reply_text.push_back(c);
    } else {
      e.reply_text.append({'%', digits[byte >> 4U], digits[byte & 15U]});
    }
  }
  ReplyMeta meta;
  meta.location = e.reply_text;
  meta.cache_control = "no-store";
  AnswerHead head;
  head.status = 303;
  head.meta = &meta;
  worker_.count(0, true);
  send(head, {}, false);
  return true;
}

}  // namespace socle::gateway

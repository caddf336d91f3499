// denial.cpp: Connection's way of telling the audit trail (audit/1, when one is loaded) that a request was denied: its
// 403 is ready to be sent and waits until the entry is on disk. What auth/1 itself denied, auth/1 has told.
#include "connection.hpp"

#include <socle/json.hpp>

namespace socle::gateway {

namespace {

// A parameter in the path of a public route may be the secret that opens it, as of a one-time link: of those only what
// the route declares is told.
std::string_view told_path(const Exchange& e) {
  const Route* route = e.match.route;
  return route != nullptr && route->access == Access::open ? std::string_view(route->path) : e.target.path;
}

}  // namespace

// True: the answer is sent by on_recorded().
bool Connection::tell_denial() {
  Exchange& e = *exchange_;
  if (e.status != 403 || e.denied_as.empty() || !e.context || !e.catalog || !e.catalog->record) return false;
  std::string body;
  json::Writer out(body);
  out.begin_object().member("operation", "access.denied").member("status", e.denied_as);
  out.member("target", std::string(e.head.method_text()).append(" ").append(told_path(e).substr(0, 900)));
  // Of use only where the context has no tenant: it was denied before there was one for it.
  out.member("tenant", e.identity.tenant).member("principal", e.identity.principal);
  out.key("detail").begin_object().member("peer", peer_).end_object().end_object();
  e.denied_as.clear();
  const Payload event(host(), host()->payload_new(host(), str(body), SOCLE_MEDIA_JSON, nullptr, 0));
  if (!event) return false;
  socle_reply reply{};
  reply.struct_size = sizeof reply;
  call_pending_ = true;
  ++holds_;
  const socle_status status = host()->call(host(), e.context.get(), *e.catalog->record, event.get(), nullptr, &reply,
                                           &Connection::on_recorded, this);
  if (status == SOCLE_PENDING) {
    e.own_head();
    state_ = State::calling;
    return true;
  }
  --holds_;
  call_pending_ = false;
  reply.status = status;
  recorded(reply);
  return false;
}

// The refusal stands, whatever became of its entry; that it has none is said aloud.
void Connection::recorded(const socle_reply& reply) {
  const Payload answer(host(), reply.payload);
  if (reply.status == SOCLE_OK) return;
  host()->log(host(), SOCLE_LOG_ERROR, exchange_ ? exchange_->context.get() : nullptr,
              str("a denied request is not in the audit trail"), nullptr, 0);
}

void Connection::on_recorded(void* user, const socle_reply* reply) {
  auto& self = *static_cast<Connection*>(user);
  const Guard guard(self);
  --self.holds_;
  self.call_pending_ = false;
  self.recorded(*reply);
  if (self.state_ == State::gone) return self.worker_.give_back(std::move(self.exchange_));
  self.state_ = State::replying;
  self.exchange_->context.reset();
  self.flush();
  if (!self.busy()) self.advance();
}

}  // namespace socle::gateway

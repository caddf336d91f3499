// stream.cpp: Connection's replies that come in pieces (exports, Server-Sent Events): the gateway asks for a piece,
// writes all of it, and only then asks for the next, so that a slow client slows its producer. And the hand-over of a
// connection to the next generation, between two requests or between two pieces.
#include <cstring>

#include "connection.hpp"
#include "hand_over.hpp"

namespace socle::gateway {

namespace {

constexpr std::uint32_t max_failures = 3;

}  // namespace

// Remembers whom to ask for the piece behind `cursor`: a method of the service that answers this route, and no other.
bool Connection::follow(std::string_view next, std::string_view cursor) {
  Stream& s = exchange_->stream;
  const std::size_t dot = next.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == next.size()) return false;
  const std::string_view service = next.substr(0, dot);
  const std::string_view method = next.substr(dot + 1);
  if (!s.service.empty() && s.service != service) return false;
  if (s.call != method || s.service.empty()) {
    if (host()->resolve(host(), str(service), str(method), &s.target) != SOCLE_OK) return false;
    s.service = std::string(service);
    s.call = std::string(method);
  }
  s.cursor = std::string(cursor);
  return true;
}

void Connection::begin_stream(const ReplyMeta& meta, std::string_view content_type) {
  Exchange& e = *exchange_;
  e.own_head();
  e.stream.service = e.match.route->service;
  if (!follow(meta.stream_next, meta.stream_cursor)) {
    e.reply.reset();
    return refuse({500, "bad_reply", "The service named a continuation that is not its own or cannot be called."});
  }
  e.stream.events = content_type.substr(0, 17) == "text/event-stream";
  e.stream.chunked = e.head.framing.minor == 1;
  e.stream.tenant = std::string(view(e.context->tenant));
  e.stream.principal = std::string(view(e.context->principal));
  e.stream.claims = std::string(view(e.context->claims));
  if (e.identity_reply) e.stream.proof = proof();
  if (!e.stream.chunked) e.keep_alive = false;  // HTTP/1.0: the end of the connection ends the body
  AnswerHead head;
  head.status = meta.http_status ? meta.http_status : 200;
  head.content_type = content_type;
  head.chunked = e.stream.chunked;
  head.has_length = false;
  head.reply = e.reply.get();
  head.meta = &meta;
  const bool body = e.method != Method::head;
  e.stream.active = body;
  send(head, body ? view(e.reply->text) : std::string_view(), body);
  if (state_ == State::replying && !call_pending_ && body) yield_turn();
}

// Writes and pulls until something must be waited for. REQUIRES: a stream is active.
void Connection::run_stream() {
  for (int pieces = 0; pieces < max_inline; ++pieces) {
    if (exchange_->stream.pulling) return;
    if (!exchange_->writer.starved()) {
      if (!flush()) return;
      if (state_ != State::replying) return advance();  // the stream has ended
      if (!exchange_->writer.starved()) return;
    }
    if (worker_.draining()) return hand_over();
    if (!pull()) return;
  }
  yield_turn();
}

// Asks for the next piece, if whoever began the stream may still have it. True when the piece came at once and the
// stream goes on.
bool Connection::pull() {
  Exchange& e = *exchange_;
  Stream& s = e.stream;
  if (s.proof.empty()) return ask_piece();
  const auto& authenticate = worker_.catalog()->authenticate;
  if (!authenticate) {  // nobody is left who could say so
    abort_stream();
    return false;
  }
  std::vector<socle_pair> shown{
      {str("access"), str(s.proof.access)}, {str("method"), str("GET")}, {str("peer"), str(peer_)}};
  if (!s.proof.authorization.empty()) shown.push_back({str("authorization"), str(s.proof.authorization)});
  if (!s.proof.cookie.empty()) shown.push_back({str("cookie"), str(s.proof.cookie)});
  socle_reply reply{};
  reply.struct_size = sizeof reply;
  s.pulling = true;
  if (ask_auth(*authenticate, shown, reply, &Connection::on_proof) == SOCLE_PENDING) return false;
  s.pulling = false;
  return take_proof(reply) && ask_piece();
}

void Connection::on_proof(void* user, const socle_reply* reply) {
  auto& self = *static_cast<Connection*>(user);
  const Guard guard(self);
  --self.holds_;
  self.call_pending_ = self.exchange_->stream.pulling = false;
  if (self.state_ == State::gone) {
    const Payload dropped(self.host(), reply->payload);
    return self.worker_.give_back(std::move(self.exchange_));
  }
  if (!self.take_proof(*reply)) return;
  if (self.worker_.draining()) return self.hand_over();
  if (self.ask_piece()) self.run_stream();
}

// False: the session, key or token has ended, and the stream with it; or it could not be asked, which ends it too.
bool Connection::take_proof(const socle_reply& reply) {
  const Payload answer(host(), reply.payload);
  Stream& s = exchange_->stream;
  if (reply.status == SOCLE_OK && answer) {
    for (std::uint32_t i = 0; i < answer->meta_count; ++i) {
      const socle_pair& pair = answer->meta[i];
      if (view(pair.key) == "claims") s.claims = std::string(view(pair.value));
      if (view(pair.key) == "tenant" && view(pair.value) == s.tenant) return true;
    }
  }
  // A generation of auth that drains has cancelled the question: it is asked again where the stream goes on.
  if (worker_.draining() && reply.status == SOCLE_CANCELLED) {
    hand_over();
    return false;
  }
  abort_stream();
  return false;
}

bool Connection::ask_piece() {
  Exchange& e = *exchange_;
  Stream& s = e.stream;
  const std::int64_t wait = s.events ? worker_.config().heartbeat : limits().deadline;
  const socle_pair meta{str("stream.cursor"), str(s.cursor)};
  const Payload request(host(), host()->payload_new(host(), {nullptr, 0}, SOCLE_MEDIA_NONE, &meta, 1));
  e.context.reset();
  if (!request || !open_context({s.tenant, s.principal, s.claims}, worker_.now() + wait, true)) {
    abort_stream();
    return false;
  }
  socle_call_options options{};
  options.struct_size = sizeof options;
  options.timeout_for = wait;
  socle_reply reply{};
  reply.struct_size = sizeof reply;
  call_pending_ = s.pulling = true;
  ++holds_;
  const socle_status status =
      host()->call(host(), e.context.get(), s.target, request.get(), &options, &reply, &Connection::on_piece, this);
  if (status == SOCLE_PENDING) return false;
  --holds_;
  call_pending_ = s.pulling = false;
  reply.status = status;
  return take_piece(reply);
}

void Connection::on_piece(void* user, const socle_reply* reply) {
  auto& self = *static_cast<Connection*>(user);
  const Guard guard(self);
  --self.holds_;
  self.call_pending_ = self.exchange_->stream.pulling = false;
  if (self.state_ == State::gone) {
    const Payload dropped(self.host(), reply->payload);
    return self.worker_.give_back(std::move(self.exchange_));
  }
  if (self.take_piece(*reply)) self.run_stream();
}

// False when the connection is over.
bool Connection::take_piece(const socle_reply& reply) {
  Exchange& e = *exchange_;
  Stream& s = e.stream;
  Payload piece(host(), reply.payload);
  if (reply.status == SOCLE_OK) {
    const ReplyMeta meta = read_reply_meta(piece.get());
    const bool more = !meta.stream_next.empty();
    if (more && !follow(meta.stream_next, meta.stream_cursor)) {
      abort_stream();
      return false;
    }
    s.failures = 0;
    e.reply = std::move(piece);
    const std::string_view text = e.reply ? view(e.reply->text) : std::string_view();
    if (!text.empty() || !more) e.writer.provide(text, more);
    return true;
  }
  if (worker_.draining() && reply.status == SOCLE_CANCELLED)
    return true;  // run_stream() hands over with the old cursor
  if (s.events && reply.status == SOCLE_DEADLINE) {
    e.writer.provide(heartbeat_line, true);
    return true;
  }
  // The producer was swapped or is overloaded: the cursor still says what comes next.
  const bool again = reply.status == SOCLE_CANCELLED || reply.status == SOCLE_UNAVAILABLE;
  if (again && ++s.failures <= max_failures) {
    yield_turn();
    return false;
  }
  if (s.events) {
    e.writer.provide({}, false);  // a clean end: the client comes back with Last-Event-ID
    return true;
  }
  abort_stream();
  return false;
}

// A body that cannot be completed must look incomplete: no last chunk, and the connection ends.
void Connection::abort_stream() {
  worker_.count(500, false);
  close();
}

void Connection::resume_stream(std::string_view buffered) {
  exchange_ = worker_.lend();
  Exchange& e = *exchange_;
  std::string_view rest;
  if (!decode_stream(buffered, e, rest)) return close();
  e.catalog = worker_.catalog();
  state_ = State::replying;
  deadline_ = never;
  in_.assign(rest);
  if (host()->resolve(host(), str(e.stream.service), str(e.stream.call), &e.stream.target) != SOCLE_OK) return close();
  e.out_head.clear();
  e.writer.begin(e.out_head, {}, e.stream.chunked, true);
  if (!e.stream.tenant.starts_with('~')) charge(e.stream.tenant);
  if (admitted()) yield_turn();  // else it waits for its tenant's turn
  wait_read();
}

// Gives the connection to the generation that is routed now, if nothing is half done; else the end of the request, or
// of the piece, will call again.
void Connection::hand_over() {
  const bool waiting = state_ == State::calling && exchange_->waits_since != 0;  // it is not begun
  const bool between = state_ == State::idle || state_ == State::head || waiting;
  const bool paused = state_ == State::replying && exchange_->stream.active && !exchange_->stream.pulling &&
                      exchange_->writer.starved();
  if (!between && !paused) return;
  std::string buffered;
  if (paused) buffered = encode_stream(*exchange_);
  if (waiting) buffered = exchange_->head_copy;
  if (between && !waiting && !in_.empty() && in_.front() == stream_mark) return close();  // cannot begin a request
  buffered.append(in_);
  const Guard guard(*this);
  state_ = State::gone;
  if (exchange_) worker_.give_back(std::move(exchange_));
  host()->watch_close(host(), watch_);
  socle_connection connection{};
  connection.struct_size = sizeof connection;
  connection.id = id_;
  connection.listener = str(listener_->name);
  connection.peer = str(peer_);
  connection.buffered = str(buffered);
  ssl_st* ssl = nullptr;
  transport_.release(connection.fd, ssl);
  connection.tls = ssl;
  host()->connection_return(host(), &connection);
}

}  // namespace socle::gateway

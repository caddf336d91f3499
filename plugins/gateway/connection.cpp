// connection.cpp: readiness, reading and the loop over requests; see connection.hpp.
#include "connection.hpp"

#include <unistd.h>

#include <algorithm>

#include "hand_over.hpp"

namespace socle::gateway {

Connection::Connection(Worker& worker, const socle_connection& connection, std::shared_ptr<const Listener> listener,
                       ssl_st* ssl)
    : worker_(worker),
      listener_(std::move(listener)),
      transport_(connection.fd, ssl),
      id_(connection.id),
      peer_(view(connection.peer)) {}

Connection::~Connection() {
  if (state_ != State::gone)
    transport_.close();  // the instance is destroyed with connections open: only in tests
  else
    worker_.remove(this);
}

void Connection::adopt(Worker& worker, const socle_connection& connection) {
  const auto& catalog = worker.catalog();
  const auto found = catalog->listeners.find(view(connection.listener));
  auto* ssl = static_cast<ssl_st*>(connection.tls);
  const bool fresh_tls = found != catalog->listeners.end() && found->second->tls && !ssl;
  if (fresh_tls) ssl = found->second->tls->open(connection.fd);
  if (found == catalog->listeners.end() || (fresh_tls && !ssl)) {
    Transport(connection.fd, ssl).close();
    worker.host()->connection_closed(worker.host(), connection.id);
    return;
  }
  auto* self = new Connection(worker, connection, found->second, ssl);
  worker.add(self);
  const Guard guard(*self);
  self->start(view(connection.buffered));
}

void Connection::start(std::string_view buffered) {
  watch_ = host()->watch_open(host(), transport_.fd());
  transport_.give_up_after(limits().idle_timeout);
  const bool fresh = buffered.empty() && (!transport_.tls() || !transport_.established());
  deadline_ = worker_.now() + (fresh ? limits().header_timeout : limits().idle_timeout);
  if (transport_.tls() && !transport_.established()) state_ = State::handshake;
  if (!buffered.empty() && buffered.front() == stream_mark) return resume_stream(buffered);
  if (!buffered.empty()) take(buffered);
  if (state_ != State::gone && !busy()) read_on();
}

void Connection::wait_read() {
  if (read_wait_ || state_ == State::gone) return;
  read_wait_ = true;
  ++holds_;
  host()->watch_wait(host(), watch_, SOCLE_IO_READ, &Connection::on_read_ready, this);
}

void Connection::wait_write() {
  if (write_wait_ || state_ == State::gone) return;
  write_wait_ = true;
  ++holds_;
  host()->watch_wait(host(), watch_, SOCLE_IO_WRITE, &Connection::on_write_ready, this);
}

void Connection::yield_turn() {
  if (turn_wait_ || state_ == State::gone) return;
  turn_wait_ = true;
  ++holds_;
  host()->defer(host(), &Connection::on_turn, this);
}

// May the next request be read? Else on_turn() follows when the tenant's turn has come; until then what the client
// sends stays in the socket.
bool Connection::admitted() {
  if (host()->admit(host(), id_, &Connection::on_turn, this) == SOCLE_OK) return true;
  turn_wait_ = true;
  ++holds_;
  return false;
}

void Connection::on_read_ready(void* user, socle_status status) {
  auto& self = *static_cast<Connection*>(user);
  const Guard guard(self);
  --self.holds_;
  self.read_wait_ = false;
  if (self.state_ == State::gone) return;
  if (status != SOCLE_OK) return self.close();
  if (self.write_wants_read_) self.write_on();
  if (self.state_ != State::gone) self.read_on();
}

void Connection::on_write_ready(void* user, socle_status status) {
  auto& self = *static_cast<Connection*>(user);
  const Guard guard(self);
  --self.holds_;
  self.write_wait_ = false;
  if (self.state_ == State::gone) return;
  if (status != SOCLE_OK) return self.close();
  if (self.state_ != State::replying) return self.read_on();  // TLS wanted to write in order to read
  self.write_on();
}

void Connection::write_on() {
  write_wants_read_ = false;
  if (!flush()) return;
  if (state_ == State::replying) {
    run_stream();
  } else {
    advance();
  }
}

void Connection::on_turn(void* user, socle_status status) {
  auto& self = *static_cast<Connection*>(user);
  const Guard guard(self);
  --self.holds_;
  self.turn_wait_ = false;
  if (self.state_ == State::gone) return;
  if (status != SOCLE_OK) return self.close();
  if (self.exchange_ && self.exchange_->waits_since != 0) return self.turn_came();
  if (self.exchange_ && self.exchange_->stream.active) return self.run_stream();
  self.serve_buffered();
  if (!self.busy()) self.read_on();
}

// A step of the TLS handshake. False: wait, or it is over. Nothing is signed for a client that has left: a flood of
// first flights, whose senders wait for no answer, costs little.
bool Connection::handshake() {
  if (handshake_away_) return false;
  if (transport_.peer_left()) {
    close();
    return false;
  }
  if (!transport_.handshake_is_long()) return handshake_went(transport_.handshake());
  if (!transport_.readable()) return handshake_went(Transport::Io::want_read);
  const auto step = [](void* user) {
    auto& self = *static_cast<Connection*>(user);
    self.handshake_step_ = self.transport_.handshake();
  };
  handshake_away_ = true;
  ++holds_;
  const socle_status taken = host()->offload(host(), step, &Connection::on_handshake, this);
  if (taken == SOCLE_OK || taken == SOCLE_PENDING) return false;
  --holds_;
  handshake_away_ = false;
  close();  // too many wait already: its client may come again
  return false;
}

bool Connection::handshake_went(Transport::Io how) {
  switch (how) {
    case Transport::Io::ok: become_idle(); return true;
    case Transport::Io::want_read: wait_read(); return false;
    case Transport::Io::want_write: wait_write(); return false;
    default: close(); return false;
  }
}

void Connection::on_handshake(void* user, socle_status status) {
  auto& self = *static_cast<Connection*>(user);
  const Guard guard(self);
  --self.holds_;
  self.handshake_away_ = false;
  if (self.state_ == State::gone) return self.transport_.close();
  if (status != SOCLE_OK) return self.close();
  if (self.handshake_went(self.handshake_step_)) self.read_on();
}

// Reads until the socket is empty or there is enough to do.
void Connection::read_on() {
  for (;;) {
    if (worker_.draining()) hand_over();
    if (state_ == State::gone) return;
    if (state_ == State::handshake) {
      if (!handshake()) return;
      continue;
    }
    if (state_ == State::body && exchange_->body_bytes) {
      if (!read_body()) return;
      continue;
    }
    if (busy() && in_.size() >= (turn_wait_ ? max_waiting : max_ahead)) {
      held_back_ = true;  // back-pressure: what follows stays in the socket
      return;
    }
    held_back_ = false;
    if (turn_wait_ && !busy()) return;  // requests wait in in_ for their turn
    const auto moved = transport_.read(worker_.scratch(), Worker::scratch_size);
    switch (moved.io) {
      case Transport::Io::want_read: return wait_read();
      case Transport::Io::want_write: return wait_write();
      case Transport::Io::closed: return peer_closed();
      case Transport::Io::failed: return close();
      case Transport::Io::ok: break;
    }
    if (state_ == State::lingering) {
      transferred_ += moved.bytes;
      if (transferred_ > 16 * max_ahead) return close();
    } else {
      take({worker_.scratch(), moved.bytes});
    }
    // A short read has emptied the socket; the rest of a body is probably there already.
    const bool more = moved.bytes == Worker::scratch_size || transport_.has_pending() ||
                      (state_ == State::body && exchange_->body_bytes);
    if (!more && state_ != State::gone) return wait_read();
  }
}

void Connection::take(std::string_view bytes) {
  if (!in_.empty() || busy()) {
    in_.append(bytes);
    if (!busy()) serve_buffered();
    return;
  }
  const std::size_t used = process(bytes);
  if (state_ == State::gone) return;
  in_.assign(bytes.substr(used));
  if (worker_.draining()) hand_over();
}

// Serves what lies in in_.
void Connection::serve_buffered() {
  if (!busy() && !in_.empty() && state_ != State::lingering) {
    const std::size_t used = process(in_);
    if (state_ == State::gone) return;
    in_.erase(0, used);
    if (in_.empty() && in_.capacity() > 4096) in_.shrink_to_fit();
  }
  if (worker_.draining()) hand_over();
}

// After a request that was not answered inline: serve what came meanwhile, then wait for more.
void Connection::advance() {
  if (state_ == State::gone) return;
  serve_buffered();
  if (state_ == State::gone || turn_wait_) return;
  if ((transport_.has_pending() || held_back_) && !busy()) return yield_turn();
  wait_read();
}

// The size of the one empty line that is ignored before a request line (RFC 9112, 2.2: some clients send one behind a
// body); 0 while only its CR is there. It begins no head, so no deadline moves.
std::optional<std::size_t> Connection::empty_line(std::string_view rest) {
  if (state_ != State::idle || line_ignored_) return std::nullopt;
  if (rest == "\r") return 0;
  if (!rest.starts_with("\r\n")) return std::nullopt;
  line_ignored_ = true;
  return 2;
}

std::size_t Connection::process(std::string_view bytes) {
  std::size_t used = 0;
  while (!busy() && state_ != State::lingering && state_ != State::gone) {
    const std::string_view rest = bytes.substr(used);
    if (state_ == State::body) {
      if (exchange_->body_bytes) break;
      used += decode_chunks(rest);
      if (state_ == State::body) break;
      continue;
    }
    if (rest.empty() || worker_.draining()) break;
    if (const auto line = empty_line(rest)) {
      if (*line == 0) break;
      used += *line;
      continue;
    }
    if (turn_wait_ || !admitted()) break;
    if (state_ == State::idle) {
      state_ = State::head;
      deadline_ = worker_.now() + limits().header_timeout;
    }
    const auto outcome = scanner_.scan(rest, limits());
    if (outcome == HeadScanner::Outcome::more) break;
    if (outcome == HeadScanner::Outcome::refused) {
      exchange_ = worker_.lend();
      exchange_->keep_alive = false;
      unread_body_ = true;
      refuse(scanner_.refusal());
      return bytes.size();
    }
    const std::size_t size = scanner_.size();
    used += begin(rest.substr(0, size), rest.substr(size));
  }
  return used;
}

}  // namespace socle::gateway

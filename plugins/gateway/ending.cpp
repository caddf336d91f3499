// ending.cpp: how a connection comes to its end: deadlines, clients that leave, refused ones that are let read why,
// drains. See connection.hpp.
#include <algorithm>

#include "connection.hpp"

namespace socle::gateway {

// The peer sends no more. It may have left, or have shut its own side and wait for its answers; TCP tells the two apart
// only by what comes back when something is sent: a reset, or nothing. So something harmless is sent at once, where the
// protocol has it, and sweep() looks for the reset. HTTP/1.0 and an export between two pieces have nothing of the kind:
// there the work ends with its answer, or at its deadline.
void Connection::peer_closed() {
  if (!busy()) return close();
  peer_ended_ = true;
  const bool full = !transport_.writable();  // then what it has not read yet asks for it
  if (state_ == State::calling && !full) {
    if (exchange_->head.framing.minor == 1) send_continue();
  } else if (exchange_->stream.events && exchange_->writer.starved() && !full) {
    exchange_->writer.provide(heartbeat_line, true);
    if (!flush() && state_ != State::gone) return close();  // a writable socket takes these few bytes whole
  }
  if (transport_.broken()) close();
}

void Connection::become_idle() {
  state_ = State::idle;
  transfer_since_ = 0;
  deadline_ = worker_.now() + limits().idle_timeout;
}

// A transfer may pause for idle_timeout at most, and must make min_rate on average once it is older than that.
void Connection::slow_transfer_deadline(std::size_t moved) {
  const std::int64_t time = worker_.now();
  if (transfer_since_ == 0) {
    transfer_since_ = time;
    transferred_ = 0;
  }
  transferred_ += moved;
  const auto earned = static_cast<std::int64_t>(transferred_ / std::max<std::size_t>(1, limits().min_rate)) * second;
  deadline_ = std::min(time, transfer_since_ + earned) + limits().idle_timeout;
}

void Connection::sweep(std::int64_t now) {
  if (state_ == State::gone) return;
  const Guard guard(*this);
  if (peer_ended_ && transport_.broken()) return close();
  if (now < deadline_ || (turn_wait_ && now < never)) return;  // its turn is late then, not the client
  if (state_ == State::head || state_ == State::body) {
    const bool body = state_ == State::body;
    if (!exchange_) exchange_ = worker_.lend();
    exchange_->keep_alive = false;
    unread_body_ = true;
    return refuse({408, "request_timeout", body ? "The body came too slowly." : "The head came too slowly."});
  }
  close();
}

// Answers nothing more, but lets the client read what was sent: closing with unread bytes would reset the connection.
void Connection::linger() {
  transport_.shutdown_write();
  state_ = State::lingering;
  transferred_ = 0;
  deadline_ = worker_.now() + 2 * second;
  in_.clear();
  wait_read();
}

void Connection::close() {
  if (state_ == State::gone) return;
  const Guard guard(*this);
  state_ = State::gone;
  if (exchange_ && exchange_->context) exchange_->context.cancel();
  if (exchange_ && !call_pending_) worker_.give_back(std::move(exchange_));
  host()->watch_close(host(), watch_);
  if (!handshake_away_) transport_.close();  // else when it is back
  host()->connection_closed(host(), id_);
}

void Connection::drain() {
  const Guard guard(*this);
  if (state_ == State::gone) return;
  if (exchange_ && exchange_->stream.active && exchange_->stream.pulling) {
    exchange_->context.cancel();  // its cursor has not moved: the next generation asks again
    return;
  }
  hand_over();
}

}  // namespace socle::gateway

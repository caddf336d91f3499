// worker.cpp: see worker.hpp.
#include "worker.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "conditional.hpp"
#include "connection.hpp"

namespace socle::gateway {

Worker::~Worker() {
  for (Connection* c : connections_) delete c;
}

void Worker::accept(const socle_connection& connection) { Connection::adopt(*this, connection); }

void Worker::add(Connection* connection) {
  connection->set_slot(connections_.size());
  connections_.push_back(connection);
  ++opened_;
  if (timer_ == 0) timer_ = host()->timer_start(host(), tick, &Worker::on_tick, this);
}

void Worker::remove(Connection* connection) {
  const std::size_t slot = connection->slot();
  connections_[slot] = connections_.back();
  connections_[slot]->set_slot(slot);
  connections_.pop_back();
  ++closed_;
  if (!connections_.empty()) return;
  // An idle gateway has no timer. One that can no longer be cancelled fires, finds nothing, and is not renewed.
  if (timer_ != 0 && host()->timer_cancel(host(), timer_) == 1) timer_ = 0;
  report();
  finish_drain();
}

void Worker::on_tick(void* user, socle_status status) {
  auto& self = *static_cast<Worker*>(user);
  self.timer_ = 0;
  // The host gives up on this generation: whatever is still open ends now.
  self.sweep(status == SOCLE_OK ? self.now() : std::numeric_limits<std::int64_t>::max());
  self.report();
  if (status == SOCLE_OK && !self.connections_.empty() && self.timer_ == 0) {
    self.timer_ = self.host()->timer_start(self.host(), tick, &Worker::on_tick, user);
  }
  self.finish_drain();
}

void Worker::sweep(std::int64_t time) {
  // Backwards, because a connection that is cut removes itself and the last one takes its place.
  for (std::size_t i = connections_.size(); i-- > 0;) {
    if (i < connections_.size()) connections_[i]->sweep(time);
  }
}

void Worker::watch_certificates() {
  const auto encrypted = [](const auto& entry) { return entry.second->tls != nullptr; };
  if (draining_ || std::none_of(catalog_->listeners.begin(), catalog_->listeners.end(), encrypted)) return;
  if (!shared_.certificates_watched.exchange(true)) wait_for_certificates();
}

void Worker::wait_for_certificates() {
  certificate_timer_ = host()->timer_start(host(), certificate_time, &Worker::on_certificate_time, this);
}

void Worker::on_certificate_time(void* user, socle_status status) {
  auto& self = *static_cast<Worker*>(user);
  self.certificate_timer_ = 0;
  if (status != SOCLE_OK || self.draining_) return self.finish_drain();
  self.reading_certificates_ = true;
  const socle_status taken = self.host()->offload(self.host(), &read_certificates, &on_certificates_read, user);
  if (taken == SOCLE_OK || taken == SOCLE_PENDING) return;
  self.reading_certificates_ = false;  // the pool is full: next time
  self.wait_for_certificates();
}

void Worker::read_certificates(void* user) {
  auto& self = *static_cast<Worker*>(user);
  self.certificate_errors_ = self.shared_.tls.refresh();
}

void Worker::on_certificates_read(void* user, socle_status status) {
  auto& self = *static_cast<Worker*>(user);
  self.reading_certificates_ = false;
  for (const Error& error : std::exchange(self.certificate_errors_, {})) {
    const std::string text = error.message + "; the last good certificate stays";
    self.host()->log(self.host(), SOCLE_LOG_ERROR, nullptr, str(text), nullptr, 0);
  }
  if (status != SOCLE_OK || self.draining_) return self.finish_drain();
  self.wait_for_certificates();
}

bool Worker::at_rest() const {
  return connections_.empty() && timer_ == 0 && certificate_timer_ == 0 && !reading_certificates_;
}

void Worker::report() {
  auto flush = [this](std::uint32_t metric, std::uint64_t& value) {
    if (value) host()->observe(host(), metric, static_cast<double>(std::exchange(value, 0)));
  };
  flush(shared_.requests, requests_);
  flush(shared_.failures, failures_);
  flush(shared_.refusals, refusals_);
  flush(shared_.opened, opened_);
  flush(shared_.closed, closed_);
}

socle_status Worker::drain(std::uint64_t token) {
  draining_ = true;
  for (std::size_t i = connections_.size(); i-- > 0;) {
    if (i < connections_.size()) connections_[i]->drain();
  }
  if (certificate_timer_ != 0 && host()->timer_cancel(host(), certificate_timer_) == 1) certificate_timer_ = 0;
  if (at_rest()) return SOCLE_OK;
  drain_token_ = token;
  return SOCLE_PENDING;
}

void Worker::finish_drain() {
  if (!drain_token_ || !at_rest()) return;
  catalog_.reset();
  pool_.clear();
  const socle_reply reply{sizeof(socle_reply), SOCLE_OK, nullptr};
  host()->complete(host(), std::exchange(drain_token_, 0), &reply);
}

const std::shared_ptr<const Catalog>& Worker::catalog() {
  if (!catalog_ || catalog_->version != host()->catalog_version(host())) {
    catalog_ = read_catalog(host(), shared_.tls, shared_.config.min_rate);
    for (const std::string& text : catalog_->complaints) {
      host()->log(host(), SOCLE_LOG_WARN, nullptr, str(text), nullptr, 0);
    }
    watch_certificates();
  }
  return catalog_;
}

std::string_view Worker::date_line() {
  const std::int64_t time = utc_seconds();
  if (time != date_second_) {
    date_second_ = time;
    date_.assign("Date: ");
    append_http_date(date_, time);
    date_.append("\r\n");
  }
  return date_;
}

std::unique_ptr<Exchange> Worker::lend() {
  if (pool_.empty()) return std::make_unique<Exchange>();
  auto exchange = std::move(pool_.back());
  pool_.pop_back();
  return exchange;
}

void Worker::give_back(std::unique_ptr<Exchange> exchange) {
  exchange->clear();
  if (pool_.size() < pool_limit) pool_.push_back(std::move(exchange));
}

void Worker::count(unsigned status, bool refused) {
  ++requests_;
  failures_ += status >= 500;
  refusals_ += refused;
}

}  // namespace socle::gateway

// question.hpp: what an evaluation is about, kept while it is moved to another thread; and the watch that ends it at
// the deadline of its call.
#pragma once

#include <socle/plugin.hpp>

#include <memory>

#include "ruleset/ruleset.hpp"
#include "socle/json/document.hpp"

namespace socle::rules {

struct Question {
  json::Document body;
  json::Document user;
  json::Document tenant;
  Call call;
};
// For the caller of `request`, at this moment. `env` must outlive it. Its input and its limits are still to be set.
[[nodiscard]] std::unique_ptr<Question> question_of(const Host& host, Request request, json::Document body,
                                                    json::View env);

// Ends evaluations at a deadline. Must outlive those it was put into.
class Watchdog {
 public:
  Watchdog(const Host& host, Instant deadline) : host_(host), deadline_(deadline) {}
  void watch(cel::Limits& limits) {
    limits.interval = 20'000;  // about 100 µs
    limits.data = this;
    limits.interrupt = [](void* self) { return static_cast<Watchdog*>(self)->in_time(); };
  }
  [[nodiscard]] bool in_time() const { return host_.now() < deadline_; }

 private:
  const Host& host_;
  Instant deadline_;
};

}  // namespace socle::rules

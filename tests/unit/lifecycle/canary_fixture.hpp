// unit/lifecycle/canary_fixture.hpp: a canary of plugin `stateful` (A serves, B is tried), and calls to it as tenants.
#pragma once

#include <future>
#include <string>

#include "unit/lifecycle/fixture.hpp"

namespace socle::lifecycle::test {

// One call of stateful/1.answer as `tenant`; what it says.
inline std::string call_as(System& s, const std::string& tenant) {
  std::promise<std::string> promise;
  bus::Bus& bus = s.life->bus();
  bus.worker(0).post([&] {
    bus::Identity who;
    who.tenant = tenant;
    const bus::ContextRef context(bus::Context::open(who, nullptr));
    socle_reply reply{sizeof(socle_reply), SOCLE_OK, nullptr};
    const auto status = bus.call(bus.worker(0), nullptr, *context.get(), *bus.target("stateful/1", "answer"), nullptr,
                                 nullptr, &reply, nullptr, nullptr);
    const bus::PayloadRef body(reply.payload != nullptr ? bus::Payload::of(reply.payload) : nullptr);
    promise.set_value(status == SOCLE_OK && body ? std::string(bus::view(body->text))
                                                 : "status " + std::to_string(status));
  });
  return promise.get_future().get();
}

inline SwapOptions half() {
  SwapOptions options;
  options.canary_percent = 50;
  return options;
}

inline bool canary_runs(System& s) { return s.life->list_json().find("\"state\":\"canary\"") != std::string::npos; }

// `socle plugin swap stateful b` with a canary, on a thread of its own; the canary serves once this is made.
class Begun {
 public:
  Begun(System& s, const SwapOptions& options)
      : s_(s),
        swapped_(
            std::async(std::launch::async, [&s, options] { return s.life->swap("stateful", s.at("b"), options); })) {
    const bool begun = eventually([&] { return canary_runs(s); });
    if (!begun) s.life->stop_waiting();
    REQUIRE(begun);
  }
  Begun(const Begun&) = delete;
  Begun& operator=(const Begun&) = delete;
  // A test that has failed does not wait its time.
  ~Begun() {
    if (swapped_.valid()) s_.life->stop_waiting();
  }
  Result<SwapReport> get() { return swapped_.get(); }

 private:
  System& s_;
  std::future<Result<SwapReport>> swapped_;
};

}  // namespace socle::lifecycle::test

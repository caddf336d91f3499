// fixture.hpp: a bus with generations whose handlers are lambdas, and calls made from a worker that wait for the
// answer.
#pragma once

#include <catch2/catch.hpp>

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "bus/bus.hpp"

namespace socle::bus::test {

using Handler = std::function<socle_status(const socle_call&, socle_reply&, Generation&)>;

// A generation that answers methods of one service.
class Actor {
 public:
  Actor(Bus& bus, std::string name, std::map<std::string, Handler> methods, Grants grants = {})
      : runtime(std::make_unique<Generation>(bus, name, "1.0.0", 1, std::move(grants), bus.worker_count() + 1)) {
    service_ = name + "/1";
    for (auto& [method, handler] : methods) {
      names_.push_back(method);
      handlers_.push_back(handler);
    }
    for (const std::string& n : names_) methods_.push_back({str(service_), str(n)});
    descriptor_.struct_size = sizeof descriptor_;
    descriptor_.abi_major = SOCLE_ABI_MAJOR;
    descriptor_.name = str(runtime->plugin);
    descriptor_.methods = methods_.data();
    descriptor_.method_count = methods_.size();
    descriptor_.handle = [](void* instance, const socle_call* call, socle_reply* reply) -> socle_status {
      auto* self = static_cast<Actor*>(instance);
      if (call->method >= self->handlers_.size())
        return self->hooks ? self->hooks(*call, *reply, *self->runtime) : SOCLE_UNSUPPORTED;
      return self->handlers_[call->method](*call, *reply, *self->runtime);
    };
    runtime->attach(&descriptor_);
    runtime->instance = this;
  }
  ~Actor() { runtime->bus.stop(); }  // nothing may reach it any more
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;
  [[nodiscard]] const std::string& service() const { return service_; }
  [[nodiscard]] Provider provider(std::string_view method) const {
    return {runtime.get(), static_cast<uint32_t>(runtime->method(service_, method))};
  }

  std::unique_ptr<Generation> runtime;
  Handler hooks;  // set before any is asked

 private:
  std::string service_;
  std::vector<std::string> names_;
  std::vector<Handler> handlers_;
  std::vector<socle_method> methods_;
  socle_plugin descriptor_{};
};

struct Got {
  socle_status status = SOCLE_INTERNAL;
  std::string text, code, message, retry_after;
  bool inline_answer = false;
};

inline Got read(const socle_reply& reply, bool at_once) {
  Got got;
  got.status = reply.status;
  got.inline_answer = at_once;
  if (reply.payload != nullptr) {
    const PayloadRef owned(Payload::of(reply.payload));
    got.text = view(owned->text);
    got.code = owned->find("code");
    got.message = owned->find("message");
    got.retry_after = owned->find("retry-after");
  }
  return got;
}

class BusFixture {
 public:
  explicit BusFixture(unsigned workers = 2, Settings settings = {})
      : bus(
            [&] {
              settings.workers = workers;
              return settings;
            }(),
            metrics) {
    bus.start();
  }
  ~BusFixture() { bus.stop(); }

  Route& route(const Actor& actor, std::string_view method) {
    const uint32_t number = *bus.target(actor.service(), method);
    if (next.routes.size() <= number) next.routes.resize(number + 1);
    next.routes[number].primary = actor.provider(method);
    return next.routes[number];
  }
  void install() {
    ++next.version;
    REQUIRE(bus.install(std::make_shared<Snapshot>(next), std::chrono::seconds(5)));
  }
  // fn on worker `index`; its result, if any.
  template <class Fn>
  auto on(uint32_t index, Fn fn) {
    using Out = decltype(fn(bus.worker(index)));
    std::promise<Out> promise;
    bus.worker(index).post([&] {
      if constexpr (std::is_void_v<Out>) {
        fn(bus.worker(index));
        promise.set_value();
      } else {
        promise.set_value(fn(bus.worker(index)));
      }
    });
    return promise.get_future().get();
  }
  // Comes by at every worker, `rounds` times: what it finds queued the first time has run when it comes again.
  void turn(int rounds = 1) {
    for (int i = 0; i < rounds; ++i) REQUIRE(bus.on_each_worker([](Worker&) {}, std::chrono::seconds(5)));
  }
  // A call by the kernel from a worker under a fresh context; waits for the answer.
  Got call(const Actor& actor, std::string_view method, std::string_view text = {}, Identity who = {.tenant = "acme"},
           uint32_t worker = 0) {
    std::promise<Got> promise;
    bus.worker(worker).post([&] {
      Worker& w = bus.worker(worker);
      const ContextRef context(Context::open(who, nullptr));
      const PayloadRef payload(Payload::make(text, SOCLE_MEDIA_TEXT, {}));
      socle_reply reply{};
      const auto done = [](void* user, const socle_reply* r) {
        static_cast<std::promise<Got>*>(user)->set_value(read(*r, false));
      };
      const socle_status status = bus.call(w, nullptr, *context.get(), *bus.target(actor.service(), method),
                                           payload.get(), nullptr, &reply, done, &promise);
      if (status != SOCLE_PENDING) promise.set_value(read(reply, true));
    });
    return promise.get_future().get();
  }

  telemetry::Metrics metrics;
  Bus bus;
  Snapshot next;
};

inline socle_status answer(socle_reply& reply, std::string_view text) {
  reply.payload = Payload::make(text, SOCLE_MEDIA_TEXT, {});
  return reply.status = SOCLE_OK;
}

}  // namespace socle::bus::test

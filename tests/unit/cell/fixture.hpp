// fixture.hpp: a bus with two workers, the parrot (parrot.cpp) in a cell of its own process, and a peer in the kernel
// that it may call.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "cell/link/link.hpp"
#include "spawned.hpp"
#include "telemetry/clock.hpp"
#include "unit/bus/fixture.hpp"

namespace socle::cell::test {

using bus::test::Actor;
using bus::test::BusFixture;
using bus::test::Got;

class CellFixture : public BusFixture {
 public:
  static bus::Grants all_grants() {
    bus::Grants grants;
    grants.act_as = true;
    grants.services.insert("peer/1");
    grants.publishes.insert("news");
    return grants;
  }

  explicit CellFixture(const std::string& how = "parrot", bus::Grants grants = all_grants(),
                       std::map<std::string, bus::test::Handler> peer_methods = {},
                       const std::function<void(CellSpec&)>& more = {})
      : grants_(std::move(grants)), peer_methods_(std::move(peer_methods)), how_(how) {
    peer = std::make_unique<Actor>(bus, "peer", peer_methods_);
    for (const auto& [method, handler] : peer_methods_) route(*peer, method);
    runtime = std::make_unique<bus::Generation>(bus, "parrot", "1.0.0", 7, grants_, bus.worker_count() + 1);
    CellSpec spec;
    spec.text.plugin = "parrot";
    spec.text.version = "1.0.0";
    spec.text.generation = 7;
    spec.text.offload_threads = 1;
    spec.text.offload_queue = 16;
    spec.text.may_act_as = grants_.act_as ? 1 : 0;
    for (const char* m : methods) spec.text.methods.push_back({"parrot/1", m});
    spec.spawn = Spawned::with(how);
    spec.restart.least = std::chrono::milliseconds(1);
    spec.hang = std::chrono::seconds(2);  // sanitizers copy large bodies slowly
    if (more) more(spec);
    link = std::make_unique<Link>(bus, *runtime, std::move(spec));
    runtime->attach(&link->descriptor());
    install();
  }
  ~CellFixture() {
    if (runtime->instance != nullptr) {
      bus.run_staged([this] { link->descriptor().destroy(runtime->instance); }, std::chrono::seconds(10));
    }
    link.reset();
    bus.stop();
  }

  // The text of a refusal.
  std::string create() {
    std::string refusal;
    REQUIRE(bus.run_staged(
        [&] {
          socle_reply error{sizeof(socle_reply), SOCLE_OK, nullptr};
          void* instance = nullptr;
          if (link->descriptor().create(runtime.get(), nullptr, &instance, &error) == SOCLE_OK)
            runtime->instance = instance;
          else
            refusal = bus::test::read(error, true).message;
        },
        std::chrono::seconds(20)));
    return refusal;
  }
  // create(), START and routes; the text of a refusal.
  std::string start() {
    if (std::string refusal = create(); !refusal.empty()) return refusal;
    const bus::Answer started = hook(SOCLE_HOOK_START);
    CHECK(started.status == SOCLE_OK);
    for (const char* m : methods) {
      const uint32_t number = *bus.target("parrot/1", m);
      if (next.routes.size() <= number) next.routes.resize(number + 1);
      next.routes[number].primary = {runtime.get(), static_cast<uint32_t>(runtime->method("parrot/1", m))};
      next.routes[number].idempotent = std::string(m) == "crash_once";
    }
    install();
    return {};
  }
  bus::Answer hook(uint32_t method) {
    return bus.run_hook(*runtime, bus.staging(), method, {}, std::chrono::seconds(10));
  }
  Got ask(std::string_view method, std::string_view text = {}, bus::Identity as = {.tenant = "acme"},
          uint32_t worker = 0) {
    return asked(bus, *bus.target("parrot/1", method), text, as, worker).get();
  }
  static std::future<Got> asked(bus::Bus& bus, uint32_t target, std::string_view text, bus::Identity as,
                                uint32_t worker) {
    auto promise = std::make_shared<std::promise<Got>>();
    bus.worker(worker).post([&bus, promise, target, text = std::string(text), as, worker] {
      bus::Worker& w = bus.worker(worker);
      const bus::ContextRef context(bus::Context::open(as, nullptr));
      const bus::PayloadRef payload(bus::Payload::make(text, SOCLE_MEDIA_TEXT, {}));
      socle_reply reply{};
      const auto done = [](void* user, const socle_reply* r) {
        const std::unique_ptr<std::shared_ptr<std::promise<Got>>> held(
            static_cast<std::shared_ptr<std::promise<Got>>*>(user));
        (*held)->set_value(bus::test::read(*r, false));
      };
      auto* held = new std::shared_ptr<std::promise<Got>>(promise);
      if (bus.call(w, nullptr, *context.get(), target, payload.get(), nullptr, &reply, done, held) != SOCLE_PENDING) {
        promise->set_value(bus::test::read(reply, true));
        delete held;
      }
    });
    return promise->get_future();
  }
  // Of the one cell, or of the common one.
  CellFacts facts() { return link->facts().front(); }
  template <class Condition>
  void await(Condition holds) {
    for (int i = 0; i < 4000 && !holds(); ++i) poll(nullptr, 0, 5);
    REQUIRE(holds());
  }

  static constexpr std::array methods{"echo",       "who",      "crash",      "crash_once",     "later",
                                      "ask",        "ask_held", "spin",       "keep",           "background",
                                      "plan",       "say",      "cancelled",  "publish",        "shout",
                                      "spin_later", "burn",     "burn_later", "pressure",       "make",
                                      "make_aside", "arena",    "spin_aside", "arena_and_make", "hold"};
  std::unique_ptr<Actor> peer;
  std::unique_ptr<bus::Generation> runtime;
  std::unique_ptr<Link> link;

 private:
  bus::Grants grants_;
  std::map<std::string, bus::test::Handler> peer_methods_;
  std::string how_;
};

// One that serves.
class ServingCell : public CellFixture {
 public:
  explicit ServingCell(const std::string& how = "parrot", bus::Grants grants = all_grants(),
                       std::map<std::string, bus::test::Handler> peer_methods = {},
                       const std::function<void(CellSpec&)>& more = {})
      : CellFixture(how, std::move(grants), std::move(peer_methods), more) {
    REQUIRE(start().empty());
  }
};

}  // namespace socle::cell::test

// What one request holds at a time is bounded: arenas, payloads and frames together, whoever takes them for it and
// whenever; and what is kept for a tenant, or done elsewhere.
#include "unit/bus/edge.hpp"

using namespace socle;
using namespace socle::bus;
using namespace socle::bus::test;

namespace {

constexpr size_t kib = 1024;

void cap(BusFixture& f, const char* tenant) {
  limit(f, tenant, [](sched::Limits& l) { l.memory = 64 << 20, l.call_memory = 256 * kib; });
}

PayloadRef made(Generation& g, size_t size) {
  char* bytes = nullptr;
  return PayloadRef(Payload::of(g.payload_alloc(&g, size, SOCLE_MEDIA_TEXT, nullptr, 0, &bytes)));
}

// What memory_refused() says, and that it says so once.
int64_t why(Generation& g) {
  const int64_t cap = g.memory_refused(&g);
  CHECK(g.memory_refused(&g) == 0);
  return cap;
}

uint64_t held(const socle_context* context) { return Context::of(context)->call().held(); }

// What the account holds, without what its worker has leased and does not use.
int64_t in_use(EdgeFixture& f, sched::Account& account) {
  return f.on(0, [&](Worker& w) {
    const sched::Flow& flow = w.lane.queue.flow(account);
    return account.memory() + flow.memory.get() - flow.memory_leased;
  });
}

}  // namespace

TEST_CASE("call memory: arena, payloads and frames of a request are one sum", "[admission]") {
  EdgeFixture f([](const socle_call& call, socle_reply& reply, Generation& g) {
    PayloadRef first = made(g, 100 * kib);
    CHECK(first);
    CHECK(g.arena_alloc(&g, call.context, 100 * kib, 8) != nullptr);
    CHECK_FALSE(made(g, 100 * kib));
    CHECK(g.arena_alloc(&g, call.context, 100 * kib, 8) == nullptr);
    CHECK(g.frame_alloc(&g, 100 * kib) == nullptr);
    void* frame = g.frame_alloc(&g, 20 * kib);
    CHECK(frame != nullptr);
    CHECK(held(call.context) >= 220 * kib);
    first.reset();
    g.frame_free(&g, frame, 20 * kib);
    CHECK(made(g, 100 * kib));
    return answer(reply, "");
  });
  cap(f, "acme");
  CHECK(f.answer_to("acme").status == SOCLE_OK);
  CHECK(f.answer_to("acme").status == SOCLE_OK);  // each request has its own
}

TEST_CASE("call memory: a refusal by what one request may hold says how much that is", "[admission]") {
  EdgeFixture f([](const socle_call& call, socle_reply& reply, Generation& g) {
    CHECK(why(g) == 0);
    CHECK(g.payload_new(&g, str(std::string(300 * kib, 'x')), SOCLE_MEDIA_TEXT, nullptr, 0) == nullptr);
    CHECK(why(g) == 256 * kib);
    CHECK_FALSE(made(g, 300 * kib));
    CHECK(why(g) == 256 * kib);
    CHECK(g.frame_alloc(&g, 300 * kib) == nullptr);
    CHECK(why(g) == 256 * kib);
    CHECK(g.arena_alloc(&g, call.context, 300 * kib, 8) == nullptr);
    CHECK(why(g) == 256 * kib);
    const PayloadRef most = made(g, 200 * kib);
    CHECK(why(g) == 0);
    CHECK_FALSE(made(g, 100 * kib));
    CHECK(why(g) == 256 * kib);
    return answer(reply, "");
  });
  cap(f, "acme");
  CHECK(f.answer_to("acme").status == SOCLE_OK);
}

TEST_CASE("call memory: a refusal by what the tenant holds says so, also behind one of the other kind", "[admission]") {
  EdgeFixture f([](const socle_call& call, socle_reply& reply, Generation& g) {
    const auto refused_by_request = [&g] { CHECK_FALSE(made(g, 2000 * kib)); };
    refused_by_request();
    CHECK_FALSE(made(g, 200 * kib));
    CHECK(why(g) == 0);
    refused_by_request();
    CHECK(g.frame_alloc(&g, 200 * kib) == nullptr);
    CHECK(why(g) == 0);
    refused_by_request();
    CHECK(g.arena_alloc(&g, call.context, 200 * kib, 8) == nullptr);
    CHECK(why(g) == 0);
    refused_by_request();
    CHECK(g.memory_hold(&g, call.context, 300 * kib) == nullptr);
    CHECK(why(g) == 0);
    refused_by_request();
    CHECK(g.memory_hold(&g, call.context, 100 * kib) == nullptr);  // this plugin's eighth, which others hold
    CHECK(why(g) == 0);
    return answer(reply, "");
  });
  sched::Account& acme = limit(f, "acme", [](sched::Limits& l) { l.memory = 1024 * kib, l.call_memory = 1024 * kib; });
  REQUIRE(acme.take_memory(1000 * kib));  // by others
  CHECK(f.answer_to("acme").status == SOCLE_OK);
  acme.give_memory(1000 * kib);
}

TEST_CASE("call memory: why an offload thread was refused is told there", "[admission]") {
  struct Work {
    Generation& g;
    uint64_t token;
    int64_t why = 0;
  };
  std::unique_ptr<Work> work;
  EdgeFixture f([&](const socle_call& call, socle_reply&, Generation& g) {
    work = std::make_unique<Work>(Work{g, call.token});
    g.offload(
        &g,
        [](void* user) {
          auto& w = *static_cast<Work*>(user);
          if (!made(w.g, 300 * kib)) w.why = w.g.memory_refused(&w.g);
        },
        [](void* user, socle_status) {
          auto& w = *static_cast<Work*>(user);
          CHECK(why(w.g) == 0);
          const socle_reply done{sizeof(socle_reply), SOCLE_OK, nullptr};
          w.g.complete(&w.g, w.token, &done);
        },
        work.get());
    return SOCLE_PENDING;
  });
  cap(f, "acme");
  CHECK(f.answer_to("acme").status == SOCLE_OK);
  CHECK(work->why == 256 * kib);
}

TEST_CASE("call memory: a request that is over its cap still has a payload for its refusal's words", "[admission]") {
  EdgeFixture f([](const socle_call& call, socle_reply& reply, Generation& g) {
    const std::string large(300 * kib, 'x');
    const socle_pair meta{str("forced"), str(large)};
    const PayloadRef over(Payload::of(g.payload_new(&g, {nullptr, 0}, SOCLE_MEDIA_NONE, &meta, 1)));
    CHECK(held(call.context) > 256 * kib);
    CHECK_FALSE(made(g, 1));
    const socle_pair words{str("message"), str("too much")};
    const PayloadRef said(Payload::of(g.payload_new(&g, {nullptr, 0}, SOCLE_MEDIA_NONE, &words, 1)));
    CHECK(said);
    return answer(reply, "");
  });
  cap(f, "acme");
  CHECK(f.answer_to("acme").status == SOCLE_OK);
}

TEST_CASE("call memory: what nested calls hold is the request's", "[admission]") {
  BusFixture f(1);
  Actor inner(f.bus, "inner", {{"work", [](const socle_call&, socle_reply& reply, Generation& g) {
                                  const PayloadRef more = made(g, 150 * kib);
                                  reply.payload = Payload::make(more ? "made" : "refused", SOCLE_MEDIA_TEXT, {});
                                  return SOCLE_OK;
                                }}});
  Actor outer(f.bus, "outer", {{"work", [&](const socle_call& call, socle_reply& reply, Generation& g) {
                                  PayloadRef mine = made(g, 150 * kib);
                                  const auto ask = [&] {
                                    socle_reply got{};
                                    f.bus.call(*Worker::current(), nullptr, *Context::of(call.context),
                                               *f.bus.target("inner/1", "work"), nullptr, nullptr, &got, nullptr,
                                               nullptr);
                                    return read(got, true).text;
                                  };
                                  CHECK(ask() == "refused");
                                  mine.reset();
                                  CHECK(ask() == "made");
                                  return answer(reply, "");
                                }}});
  Edge edge(f);
  f.route(inner, "work");
  f.route(outer, "work");
  f.install();
  cap(f, "acme");
  CHECK(edge.ask(outer, "work", "acme")->got.get().status == SOCLE_OK);
}

TEST_CASE("call memory: two requests at once, gone on with by timers, count apart", "[admission]") {
  struct Open {
    Generation* g;
    uint64_t token;
    const socle_context* context;
    PayloadRef kept{};
  };
  std::vector<std::unique_ptr<Open>> open;
  std::vector<std::pair<uint64_t, bool>> seen;
  struct Later {
    Open* mine;
    std::vector<std::pair<uint64_t, bool>>* seen;
  };
  std::vector<std::unique_ptr<Later>> later;
  EdgeFixture f([&](const socle_call& call, socle_reply&, Generation& g) {
    Open& mine = *open.emplace_back(std::make_unique<Open>(Open{&g, call.token, call.context}));
    mine.kept = made(g, 200 * kib);
    CHECK(mine.kept);
    Later& user = *later.emplace_back(std::make_unique<Later>(Later{&mine, &seen}));
    g.timer_start(
        &g, 1'000'000,
        [](void* at, socle_status) {
          const Later& l = *static_cast<Later*>(at);
          l.seen->emplace_back(held(l.mine->context), bool(made(*l.mine->g, 100 * kib)));
          l.mine->kept.reset();
          const socle_reply done{sizeof(socle_reply), SOCLE_OK, made(*l.mine->g, 100 * kib).take()};
          l.mine->g->complete(l.mine->g, l.mine->token, &done);
        },
        &user);
    return SOCLE_PENDING;
  });
  cap(f, "acme");
  const auto first = f.ask("acme");
  const auto second = f.ask("acme");
  CHECK(first->got.get().text.size() == 100 * kib);
  CHECK(second->got.get().text.size() == 100 * kib);
  REQUIRE(seen.size() == 2);
  for (const auto& [bytes, more] : seen) {
    CHECK(bytes >= 200 * kib);
    CHECK(bytes < 256 * kib);
    CHECK_FALSE(more);
  }
}

TEST_CASE("call memory: what a request makes on an offload thread is its own, too", "[admission]") {
  struct Work {
    Generation& g;
    uint64_t token;
    PayloadRef kept{};
    bool fits = true;
  };
  std::unique_ptr<Work> work;
  EdgeFixture f([&](const socle_call& call, socle_reply&, Generation& g) {
    work = std::make_unique<Work>(Work{g, call.token});
    work->kept = made(g, 200 * kib);
    g.offload(
        &g, [](void* user) { static_cast<Work*>(user)->fits = bool(made(static_cast<Work*>(user)->g, 100 * kib)); },
        [](void* user, socle_status) {
          auto& w = *static_cast<Work*>(user);
          w.kept.reset();
          const socle_reply done{sizeof(socle_reply), SOCLE_OK, nullptr};
          w.g.complete(&w.g, w.token, &done);
        },
        work.get());
    return SOCLE_PENDING;
  });
  cap(f, "acme");
  CHECK(f.answer_to("acme").status == SOCLE_OK);
  CHECK_FALSE(work->fits);
}

TEST_CASE("call memory: the body of a request, read before there was a context, is the request's", "[admission]") {
  uint64_t with_body = 0;
  BusFixture f(1);
  Actor a(f.bus, "a", {{"work", [&](const socle_call& call, socle_reply& reply, Generation&) {
                          with_body = held(call.context);
                          return answer(reply, "");
                        }}});
  Edge edge(f);
  f.route(a, "work");
  f.install();
  cap(f, "acme");
  CHECK(f.on(0, [&](Worker& w) {
    const sched::PaidBy reading(w.lane, w.account("acme"), {});
    const socle_host* host = edge.gateway.runtime.get();
    const PayloadRef body = made(*edge.gateway.runtime, 50 * kib);
    socle_root root{};
    root.struct_size = sizeof root;
    root.tenant = str("acme");
    root.deadline = telemetry::monotonic_now() + 10'000'000'000;
    const ContextRef context(Context::of(host->context_open(host, &root)));
    uint32_t target = 0;
    REQUIRE(host->resolve(host, str(a.service()), str("work"), &target) == SOCLE_OK);
    socle_reply reply{};
    const socle_status status = host->call(host, context.get(), target, body.get(), nullptr, &reply, nullptr, nullptr);
    if (reply.payload != nullptr) Payload::of(reply.payload)->release();
    return status;
  }) == SOCLE_OK);
  CHECK(with_body >= 50 * kib);
}

TEST_CASE("kept memory: it is the tenant's until it is given back, on whichever thread", "[admission]") {
  void* kept = nullptr;
  EdgeFixture f([&](const socle_call& call, socle_reply& reply, Generation& g) {
    CHECK(g.memory_hold(&g, call.context, 9'000'000) == nullptr);
    kept = g.memory_hold(&g, call.context, 4'000'000);  // more than one request may hold
    CHECK(held(call.context) < 4'000'000);
    return answer(reply, "");
  });
  sched::Account& acme = limit(f, "acme", [](sched::Limits& l) { l.memory = 8'000'000, l.call_memory = 2'000'000; });
  CHECK(f.answer_to("acme").status == SOCLE_OK);
  REQUIRE(kept != nullptr);
  f.turn(2);
  CHECK(in_use(f, acme) == 4'000'000);
  CHECK(acme.pressure() == 0);  // requests have the other half
  const auto beside = [&](int64_t bytes) {
    f.on(0, [&](Worker& w) { return w.lane.hold(w.lane.queue.flow(acme), bytes); });
    const uint32_t level = acme.pressure();
    f.on(0, [&](Worker& w) { w.lane.release(acme, bytes); });
    return level;
  };
  CHECK(beside(1'500'000) == 0);
  CHECK(beside(2'400'000) == 1);
  CHECK(beside(3'200'000) == 2);
  std::thread([&] { f.a.runtime->memory_release(f.a.runtime.get(), kept, 4'000'000); }).join();
  CHECK(in_use(f, acme) == 0);
  CHECK(f.a.runtime->memory_hold(f.a.runtime.get(), nullptr, 1) == nullptr);
}

TEST_CASE("kept memory: with a smaller plan there is half for requests, and an eighth for who keeps less",
          "[admission]") {
  std::vector<void*> kept;
  size_t wanted = 6'000'000;
  bool body = false;
  EdgeFixture f([&](const socle_call& call, socle_reply& reply, Generation& g) {
    if (void* one = g.memory_hold(&g, call.context, wanted); one != nullptr) kept.push_back(one);
    body = bool(made(g, 200'000));
    return answer(reply, "");
  });
  Actor other(f.bus, "other", {{"work", [&](const socle_call& call, socle_reply& reply, Generation& g) {
                                  void* one = g.memory_hold(&g, call.context, 100'000);
                                  CHECK(one != nullptr);
                                  CHECK(g.memory_hold(&g, call.context, 100'000) == nullptr);
                                  g.memory_release(&g, one, 100'000);
                                  return answer(reply, "");
                                }}});
  f.route(other, "work");
  f.install();
  limit(f, "acme", [](sched::Limits& l) { l.memory = 8'000'000, l.call_memory = 2'000'000; });
  CHECK(f.answer_to("acme").status == SOCLE_OK);
  REQUIRE(kept.size() == 1);
  limit(f, "acme", [](sched::Limits& l) { l.memory = 1'048'576, l.call_memory = 262'144; });
  wanted = 1000;
  CHECK(f.answer_to("acme").status == SOCLE_OK);
  CHECK(body);
  CHECK(kept.size() == 1);  // it has more than its eighth
  CHECK(f.edge.ask(other, "work", "acme")->got.get().status == SOCLE_OK);
  f.a.runtime->memory_release(f.a.runtime.get(), kept[0], 6'000'000);
}

TEST_CASE("kept memory: what a generation that is given up kept is its tenant's again, and not twice", "[admission]") {
  void* kept = nullptr;
  EdgeFixture f([&](const socle_call& call, socle_reply& reply, Generation& g) {
    kept = g.memory_hold(&g, call.context, 100'000);
    return answer(reply, "");
  });
  sched::Account& acme = limit(f, "acme", [](sched::Limits& l) { l.memory = 1 << 20; });
  CHECK(f.answer_to("acme").status == SOCLE_OK);
  REQUIRE(kept != nullptr);
  f.turn(2);
  CHECK(in_use(f, acme) == 100'000);
  f.a.runtime->kept.give_up();
  CHECK(in_use(f, acme) == 0);
  f.a.runtime->memory_release(f.a.runtime.get(), kept, 100'000);
  CHECK(in_use(f, acme) == 0);
  CHECK(f.answer_to("acme").status == SOCLE_OK);
  CHECK(kept == nullptr);
}

TEST_CASE("charge: time that others used for a tenant is the tenant's", "[admission]") {
  EdgeFixture f([](const socle_call& call, socle_reply& reply, Generation& g) {
    g.charge(&g, call.context, 40'000'000);
    g.charge(&g, call.context, -40'000'000);
    g.charge(&g, nullptr, 1);
    return answer(reply, "");
  });
  CHECK(f.answer_to("acme").status == SOCLE_OK);
  f.turn(2);
  const double ms = static_cast<double>(f.bus.accounts().tenant("acme").usage().cpu) / 1e6;
  CHECK(ms >= 40);
  CHECK(ms < 60);
}

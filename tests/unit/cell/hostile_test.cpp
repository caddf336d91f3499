// A cell that writes whatever it likes into shared memory. The kernel must neither crash nor be misled: a good cell
// beside it answers all the while.
#include "fixture.hpp"

#include <cstdlib>

using namespace socle;
using namespace socle::cell::test;

TEST_CASE("hostile: random bytes in the rings end that cell and disturb nobody", "[cell]") {
  const int seeds = std::getenv("SOCLE_HOSTILE_SEEDS") != nullptr ? std::atoi(std::getenv("SOCLE_HOSTILE_SEEDS")) : 12;
  int caught = 0;
  for (int seed = 1; seed <= seeds; ++seed) {
    setenv("SOCLE_SEED", std::to_string(seed).c_str(), 1);
    int noted = 0;
    CellFixture f("hostile", CellFixture::all_grants(),
                  {{"note", [&](const socle_call&, socle_reply& reply, bus::Generation&) {
                      ++noted;
                      return bus::test::answer(reply, "noted");
                    }}});
    // The one beside it.
    bus::Generation good(f.bus, "good", "1.0.0", 8, {}, 3);
    cell::CellSpec spec;
    spec.text.plugin = "parrot";
    spec.text.methods = {{"parrot/1", "echo"}};
    spec.text.offload_threads = 1;
    spec.spawn = Spawned::with("parrot");
    cell::Link link(f.bus, good, std::move(spec));
    good.attach(&link.descriptor());
    socle_reply error{sizeof error, SOCLE_OK, nullptr};
    REQUIRE(f.bus.run_staged([&] { link.descriptor().create(&good, nullptr, &good.instance, &error); },
                             std::chrono::seconds(20)));
    REQUIRE(good.instance != nullptr);
    const uint32_t echo = *f.bus.target("good/1", "echo");
    f.next.routes.resize(std::max<size_t>(f.next.routes.size(), echo + 1));
    f.next.routes[echo].primary = {&good, 0};
    f.install();

    INFO("seed " << seed);
    const std::string refusal = f.create();
    // While it served, or so early that it was never started.
    const auto found_out = [&] { return f.facts().deaths > 0 || !refusal.empty(); };
    for (int i = 0; i < 200 || (i < 200'000 && !found_out()); ++i) {
      const Got got = CellFixture::asked(f.bus, echo, "calm", {.tenant = "acme"}, static_cast<uint32_t>(i % 2)).get();
      REQUIRE(got.text == "calm");
    }
    if (found_out()) ++caught;  // what only overwrites free blocks offends nobody
    CHECK(noted == 0);          // no call was made in anybody's name
    f.link->kill();
    REQUIRE(f.bus.run_staged([&] { link.descriptor().destroy(good.instance); }, std::chrono::seconds(10)));
  }
  CHECK(caught * 2 >= seeds);
}

TEST_CASE("hostile: a cell that asks for ever and takes no answer is ended before it fills the kernel's memory",
          "[cell]") {
  CellFixture f("hoarder");
  const std::string refusal = f.create();
  const auto death = [&] { return refusal + f.facts().last_death; };
  f.await([&] { return !death().empty(); });
  CHECK(death().find("it does not take its answers") != std::string::npos);
  f.link->kill();
}

// The threads behind a change: when they are waited for, what they held is gone.
#include "lifecycle/background.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>

namespace socle::lifecycle::test {
namespace {

// Takes its time to go: until somebody says that he did not wait for it, a while at most.
struct Lingering {
  std::shared_future<void> not_waited_for;
  std::atomic<bool>& gone;
  Lingering(std::shared_future<void> f, std::atomic<bool>& g) : not_waited_for(std::move(f)), gone(g) {}
  Lingering(const Lingering&) = delete;
  Lingering& operator=(const Lingering&) = delete;
  ~Lingering() {
    not_waited_for.wait_for(std::chrono::milliseconds(100));
    gone = true;
  }
};

}  // namespace

TEST_CASE("lifecycle: what a task in the background holds is gone once it was waited for", "[lifecycle]") {
  std::promise<void> returned;
  std::atomic<bool> gone{false};
  Background background;
  background.run([held = std::make_shared<Lingering>(returned.get_future().share(), gone)] {});
  background.wait();
  CHECK(gone);
  returned.set_value();
}

TEST_CASE("lifecycle: tasks that tasks start are waited for, too", "[lifecycle]") {
  std::atomic<int> ran{0};
  Background background;
  background.run([&] {
    ++ran;
    background.run([&] { ++ran; });
  });
  background.wait();
  CHECK(ran == 2);
}

}  // namespace socle::lifecycle::test

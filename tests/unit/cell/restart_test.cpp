#include <catch2/catch.hpp>

#include "cell/link/restart.hpp"

using socle::cell::Restart;

TEST_CASE("restart: the first death costs no pause, further ones double it up to the last", "[cell]") {
  Restart restart({100, 300, 10, 100'000});
  CHECK(restart.pause_after(1) == 0);
  CHECK(restart.pause_after(2) == 100);
  CHECK(restart.pause_after(3) == 200);
  CHECK(restart.pause_after(4) == 300);
  CHECK(restart.pause_after(5) == 300);
}

TEST_CASE("restart: more deaths than the intensity allows cost the whole window", "[cell]") {
  Restart restart({100, 300, 3, 100'000});
  for (int i = 0; i < 3; ++i) CHECK(restart.pause_after(i) < 100'000);
  CHECK(restart.pause_after(3) == 100'000);
}

TEST_CASE("restart: what lies before the window is forgotten", "[cell]") {
  Restart restart({100, 300, 3, 1000});
  CHECK(restart.pause_after(1) == 0);
  CHECK(restart.pause_after(2) == 100);
  CHECK(restart.pause_after(2000) == 0);
}

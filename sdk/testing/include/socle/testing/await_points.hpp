// await_points.hpp: one scenario, cancelled at each of its await points in turn.
#pragma once

#include <socle/testing/fake_host.hpp>

namespace socle::testing {

// Runs `scenario(host, n)` on a fresh FakeHost for n = 0 (nothing cancelled), 1, 2, … where the n-th pending operation
// ends with Code::cancelled, until a run has fewer than n of them. Leaks end the program as in any test. Gives the
// number of await points. REQUIRES: at most 1,000 of them.
template <class Scenario>
unsigned for_each_await_point(Scenario scenario, HostOptions options = {}) {
  for (unsigned n = 0;; ++n) {
    FakeHost host(options);
    host.cancel_await_point(n);
    scenario(host, n);
    if (n > 0 && host.await_points() < n) return n - 1;
    if (n == 1000) std::abort();
  }
}

}  // namespace socle::testing

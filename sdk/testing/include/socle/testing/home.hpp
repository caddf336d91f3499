// home.hpp: where TestedPlugin runs the plugin under test: in the test's own process, or in a cell's: one of its own,
// across a socket, with nothing shared. The fake host, its clock and its faults are the same.
#pragma once

namespace socle::testing {

enum class Home { kernel, cell };

// Of this run: the environment's SOCLE_TEST_HOME ("kernel", the default, or "cell"), which socle_add_plugin_test() sets
// for its two tests. For what can only be in one of them: connections, and handles that survive a swap.
[[nodiscard]] Home home();

}  // namespace socle::testing

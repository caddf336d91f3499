// child.hpp: run what is expected to end the process in a child of its own.
#pragma once

#include <functional>

namespace socle::testing {

struct ChildEnd {
  int exit_code = -1;  // -1 when a signal ended it
  int signal = 0;
};

// Forks, runs `work` in the child (its stderr is closed), and waits for its end. 0 when `work` returned.
[[nodiscard]] ChildEnd run_in_child(const std::function<void()>& work);

}  // namespace socle::testing

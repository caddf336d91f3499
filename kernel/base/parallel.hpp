// parallel.hpp: independent pieces of work side by side, for the moments before a kernel serves, when no worker needs
// the cores.
#pragma once

#include <cstddef>
#include <functional>

namespace socle::base {

// Calls work(i) once for each i below `count`, on the calling thread and on as many others as there are cores besides,
// in no order; returns when all have returned. `work` is called by several threads at once and must not throw. Where no
// thread can be had the calling one does it all.
void for_each_index(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace socle::base

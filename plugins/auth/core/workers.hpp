// workers.hpp: doing something on every worker and waiting until all have done it. From a coroutine on any worker.
#pragma once

#include <socle/plugin.hpp>

#include <functional>

namespace socle::auth {

// Calls task() on each worker, each as a background task of its own; comes back when the last has ended, with the first
// failure if any. What `task` refers to must live until then. A worker that the host gave up on (the drain deadline of
// this generation) counts as failed.
Task<Status> on_each_worker(Host& host, const std::function<Task<Status>()>& task);

}  // namespace socle::auth

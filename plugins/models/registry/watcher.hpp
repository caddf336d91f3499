// watcher.hpp: what goes on behind a publish that is not finished: a canary's judge, and the wait for indexes. One task
// a model, wherever its head was met first; it ends at drain, and the next generation begins anew when it meets the
// head. Nothing is lost by that but the counts of a canary, and too few counts revert it.
#pragma once

#include <mutex>
#include <set>

#include "registry/publisher.hpp"

namespace socle::models {

class Watcher {
 public:
  Watcher(Host& host, Store& store, Runtime& runtime, Gate gate, Duration interval)
      : host_(host), store_(store), runtime_(runtime), gate_(gate), interval_(interval) {}
  void use(Publisher& publisher) { publisher_ = &publisher; }  // before the first call

  // Any worker. Starts the model's task here unless one runs.
  void see(std::string_view tenant, const Head& head);

 private:
  Task<void> watch(std::string tenant, const Kind* kind, std::string name);
  // One look. False: nothing is left to watch.
  Task<bool> look(const std::string& tenant, const Arguments::Model& model);
  Task<bool> look_at_canary(Context context, const Arguments::Model& model, const CanaryFacts& canary);

  Host& host_;
  Store& store_;
  Runtime& runtime_;
  Publisher* publisher_ = nullptr;
  Gate gate_;
  Duration interval_;
  std::mutex mutex_;
  std::set<std::string> watched_;
};

}  // namespace socle::models

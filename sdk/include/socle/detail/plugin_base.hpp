// plugin_base.hpp: Plugin, the class an author derives from. The constructor (taking Host&) runs on the staging thread
// and may throw: the generation is then refused with that text. Handlers and health() come on any worker, several at a
// time, unless the manifest says `affinity: one`; each hook says its thread. Hooks may be coroutines or return a value.
#pragma once

#include <socle/detail/connection.hpp>
#include <socle/detail/payload.hpp>
#include <socle/detail/reply.hpp>
#include <socle/detail/task.hpp>

namespace socle {

class Plugin {
 public:
  Plugin() = default;
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;
  virtual ~Plugin() = default;

  // Staging thread, once, before anything is routed here. An error refuses the generation.
  virtual Task<Status> start() { return not_needed(); }
  // Staging thread, after start(). An error refuses the generation.
  virtual Task<Status> self_test() { return not_needed(); }
  // Any worker, now and then; the reply's text, if any, is shown to the operator.
  virtual Task<Reply> health() { return Reply(not_needed().error()); }
  // Each worker once, when nothing new is routed here. Afterwards the SDK ends this worker's Ends::at_drain tasks.
  virtual Task<Status> drain(std::uint32_t /*worker*/) { return Status(); }
  // Staging thread, once, when nothing is in flight. Afterwards the SDK ends and awaits every task still alive.
  virtual Task<Status> stop() { return Status(); }
  // `state: cache` or `exclusive`: Reply::state(version, bytes) goes to the next generation.
  virtual Task<Reply> export_state() { return Reply(not_needed().error()); }
  // What an earlier generation exported; nothing must be kept of a dry run.
  virtual Task<Status> import_state(Payload /*state*/, std::uint32_t /*version*/, bool /*dry_run*/) {
    return not_needed();
  }
  // A new connection on a listener this plugin serves, on its worker. Usually: host.spawn(serve(…), Ends::at_stop).
  virtual void connection(Connection /*connection*/) {}

 private:
  // SOCLE_UNSUPPORTED, which counts as fine for a hook.
  static Status not_needed() { return Error{Code::unsupported, "this plugin has no such hook"}; }
};

}  // namespace socle

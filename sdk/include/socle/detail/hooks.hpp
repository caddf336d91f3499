// hooks.hpp: life-cycle hooks, from the numbers of the ABI to Plugin's virtual functions, with what the SDK does by
// itself: drain ends the spawned loops of that worker; stop waits until none is alive.
#pragma once

#include <socle/detail/answer.hpp>
#include <socle/detail/host.hpp>
#include <socle/detail/plugin_base.hpp>
#include <socle/detail/request.hpp>

#include <charconv>

namespace socle::detail {

// Stop polls: the last task may end on another worker, and there is no promise that one can post to the staging thread.
inline constexpr Duration stop_poll = std::chrono::milliseconds(1);

inline Task<Status> drain_root(Plugin& plugin, Host& host, std::uint32_t worker) {
  host.begin_drain();
  Status status = co_await plugin.drain(worker);
  host.backgrounds().cancel(worker, false);
  co_return status;
}

inline Task<Status> stop_root(Plugin& plugin, Host& host, Instant deadline) {
  host.begin_drain();
  Status status = co_await plugin.stop();
  if (host.backgrounds().live() > 0) host.backgrounds().cancel_everywhere();
  while (host.backgrounds().live() > 0) {
    if (auto slept = co_await host.sleep(stop_poll); !slept || host.now() >= deadline) {
      co_return Error{Code::internal, std::to_string(host.backgrounds().live()) +
                                          " spawned tasks are still alive after stop; they ignore Code::cancelled"};
    }
  }
  co_return status;
}

inline Task<Status> import_root(Plugin& plugin, Request request) {
  const std::string_view text = request.meta("state-version");
  std::uint32_t version = 0;
  std::from_chars(text.data(), text.data() + text.size(), version);
  return plugin.import_state(request.payload(), version, request.meta("dry-run") == "true");
}

[[nodiscard]] inline socle_status hook(Plugin& plugin, Host& host, const socle_call& call, socle_reply& reply) {
  const Request request(call.context, call.payload);
  switch (call.method) {
    case SOCLE_HOOK_START: return answer(plugin.start(), call, reply);
    case SOCLE_HOOK_SELF_TEST: return answer(plugin.self_test(), call, reply);
    case SOCLE_HOOK_HEALTH: return answer(plugin.health(), call, reply);
    case SOCLE_HOOK_DRAIN: return answer(drain_root(plugin, host, host.worker()), call, reply);
    case SOCLE_HOOK_STOP: return answer(stop_root(plugin, host, request.context().deadline()), call, reply);
    case SOCLE_HOOK_EXPORT: return answer(plugin.export_state(), call, reply);
    case SOCLE_HOOK_IMPORT: return answer(import_root(plugin, request), call, reply);
    default:
      return answer(Reply::error(Code::unsupported, "unknown_method",
                                 "this plugin has no method number " + std::to_string(call.method)),
                    reply);
  }
}

}  // namespace socle::detail

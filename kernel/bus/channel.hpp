// channel.hpp: typed publish/subscribe. A message stays on the publisher's worker and reaches each subscriber as a call
// of the method its manifest names, one at a time per subscriber and worker, tenants in turn (round robin over
// per-tenant queues). `buffered(n)`: each message to one subscriber, the publisher waits while n messages of its tenant
// are ahead on this worker; other tenants' are none of its business. `rendezvous`: the publisher waits until a
// subscriber has answered. `broadcast`: every subscriber gets every message; the publisher waits until all have room
// for it. Waiting ends at the context's deadline with UNAVAILABLE; beyond 1,024 that wait, a tenant's next one is told
// so at once. A message is a hint; what must not be lost is in storage.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bus/payload.hpp"
#include "socle/abi.h"

namespace socle::bus {

class Bus;
class Context;
class Generation;
class Worker;
struct ChannelRoute;

class Channels {
 public:
  explicit Channels(Bus& bus, uint32_t workers);
  ~Channels();

  // Worker. As socle_host::publish; `publisher` is granted the channel already.
  socle_status publish(Worker& w, Generation& publisher, Context& context, const ChannelRoute& route, Payload* payload,
                       socle_event_fn done, void* user);
  // Worker, when its snapshot has changed: messages for vanished subscribers are dropped, counted and
  // logged; waiting publishers told.
  void routes_changed(Worker& w);
  // Worker. Publishers of g that wait are told CANCELLED.
  void cancel_all(Worker& w, Generation& g);

 private:
  struct Message;
  struct Lane;
  struct Local;
  void pump(Worker& w, Lane& lane);
  void close(Worker& w, Lane& lane, const std::string& channel);
  static void delivered(void* user, const socle_reply* reply);
  static void expired(void* user, socle_status status);
  static void tell(Worker& w, Message& message, socle_status status);
  Bus& bus_;
  std::vector<std::unique_ptr<Local>> locals_;  // by worker, the staging worker last
};

}  // namespace socle::bus

// job.hpp: something to do soon on a worker, from an empty stack, when its payer's turn comes.
#pragma once

#include <cstdint>

#include "bus/payload.hpp"
#include "sched/call_memory.hpp"
#include "sched/flow.hpp"
#include "socle/abi.h"

namespace socle::sched {
class Account;
}

namespace socle::bus {

class Generation;

struct Job : sched::Work {
  enum class Kind : uint8_t {
    none,  // what it was for has gone
    event,
    posted,      // an event counted by Generation::posted
    offloaded,   // an event its generation waits for
    reply,       // to the kernel
    call,        // a reply its generation waits for
    frame,       // a call that was put off
    connection,  // one that arrived, for its plugin
    admitted,    // a request that waited for a place and has one now
  };
  Kind kind = Kind::event;
  uint8_t work_class = 0;
  socle_status status = SOCLE_OK;
  Generation* generation = nullptr;  // whose code runs; nullptr: the kernel's
  union {
    socle_event_fn event = nullptr;
    socle_reply_fn reply;
  };
  void* user = nullptr;
  uint64_t token = 0;          // of the frame
  Payload* payload = nullptr;  // of the reply, owned
  sched::CallMemory call;      // of the request it is work for
};

// Who pays for work, in which of its classes, and which request's memory it takes.
struct Payer {
  sched::Account* account = nullptr;  // nullptr: who pays when it is queued
  uint32_t work_class = 0;
  sched::CallMemory call{};
};

}  // namespace socle::bus

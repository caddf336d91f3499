// recorder.hpp: audit/1.record: events that are no write of their own (a sign-in that failed, a denial, an operator's
// command). They join storage's next group commit through its outbox, so an answer means that they are on disk, in one
// order with all writes. On the caller's worker.
#pragma once

#include <socle/plugin.hpp>

#include "house.hpp"

namespace socle::audit {

class Recorder {
 public:
  Recorder(Host& host, House& house) : host_(host), house_(house), write_(host.target("storage/1", "write")) {}
  // {"events": [{operation, target?, status?, detail?, trace?, tenant?, principal?}…]}, at most 100; or one of them.
  Task<Reply> record(Request request);

 private:
  Host& host_;
  House& house_;
  Target write_;
};

}  // namespace socle::audit

#include "base/thread.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace socle::base {
namespace {

// sched_attr(2) in its first version; its header clashes with <sched.h>.
struct SchedulingAttributes {
  uint32_t size = sizeof(SchedulingAttributes), policy = 0;
  uint64_t flags = 0;
  int32_t nice = 0;
  uint32_t priority = 0;
  uint64_t runtime = 0, deadline = 0, period = 0;  // nanoseconds; of SCHED_OTHER, runtime is the slice
};
static_assert(sizeof(SchedulingAttributes) == 48);

bool ask(SchedulingAttributes& attributes) {
  return syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) == 0 &&
         attributes.policy == SCHED_OTHER;  // else whoever started us decided otherwise
}

constexpr uint64_t short_slice = 100'000;  // the least that Linux takes

void ask_for_short_slices() {
  SchedulingAttributes attributes;
  if (!ask(attributes)) return;
  attributes.runtime = short_slice;
  syscall(SYS_sched_setattr, 0, &attributes, 0);
}

}  // namespace

void be_prompt() noexcept { ask_for_short_slices(); }

void be_patient() noexcept {
  constexpr int nice = 10;  // about a tenth of what a thread of nice 0 gets
  if (getpriority(PRIO_PROCESS, 0) < nice) setpriority(PRIO_PROCESS, 0, nice);  // on Linux: of this thread
  ask_for_short_slices();
}

}  // namespace socle::base

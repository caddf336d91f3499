// thread.hpp: how urgent the calling thread is among this process's. Any thread, at its start; a hint only: where the
// system does not follow it, everything works as without.
#pragma once

namespace socle::base {

// A worker, or a thread whose work somebody waits for: scheduled for short slices, so that its waking is not put off
// until another thread's slice ends (Linux 6.12 and later take the length of a slice from sched_setattr; earlier ones
// ignore it).
void be_prompt() noexcept;

// A thread that loads, verifies, drains, watches, or works for strangers: it yields to workers that share its core and
// keeps a tenth of it, in slices as short as theirs.
void be_patient() noexcept;

}  // namespace socle::base

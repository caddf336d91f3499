// absorber.hpp: every interval, what storage's audit outbox holds goes into the trail: read, appended and synced,
// then, a quarter of a second later at most and with the signed head on disk, removed from the outbox. Whatever is
// interrupted is done again from the outbox; the head's origin says what was absorbed already. One loop, on worker 0.
#pragma once

#include <socle/plugin.hpp>

#include <atomic>
#include <string>

#include "house.hpp"
#include "journal.hpp"

namespace socle::audit {

class Absorber {
 public:
  Absorber(Host& host, House& house, Journal& journal, Duration interval, Duration keep);

  // The loop; ends when the generation drains.
  Task<void> run();
  // Resumes when all that was committed before this call is in the trail, or after `patience`: false. Any worker.
  Task<bool> caught_up(Duration patience);

 private:
  Task<Status> round();
  Task<Status> absorb_page(Context context, bool& more);
  Task<Status> let_go(Context context);
  Task<void> retire_old();
  void tell(const Status& outcome);

  Host& host_;
  House& house_;
  Journal& journal_;
  const Duration interval_, keep_;
  Target read_, remove_;
  Metric absorbed_, lag_;
  std::string after_;  // the position up to which the trail has everything
  std::uint64_t store_ = 0;
  bool opened_ = false;
  bool pending_ = false;  // the outbox still holds what lies up to after_
  Instant let_go_at_, retire_at_;
  std::string told_;
  std::uint64_t idle_rounds_ = 0;
  std::atomic<std::uint64_t> rounds_{0};
  std::atomic<std::uint32_t> waiting_{0};  // callers of caught_up()
};

}  // namespace socle::audit

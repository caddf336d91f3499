// cell/link/pair.hpp: one kernel worker's half of the talk with a cell: the calls in flight there, the contexts the
// cell acts for, and what waits for room. It outlives the cell's processes: calls wait in it while one is restarted.
//
// All of it runs on `owner`. The last pair serves the staging thread: its calls are carried to worker 0 and back, for
// the staging thread is blocked in create() just when the new cell has questions.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "bus/bus.hpp"
#include "cell/link/session.hpp"
#include "cell/ring/message.hpp"

namespace socle::cell {

class Cell;

class Pair {
 public:
  using Done = std::function<void(const socle_reply&)>;  // takes the payload
  // A call on its way into the cell. The context is retained; the payload is borrowed from the bus's frame, or shared
  // and owned (staging).
  struct Call {
    std::uint64_t token = 0;
    std::uint32_t method = 0;
    bool sent = false;
    bool given_up = false;
    std::int64_t since = 0;  // when it was sent
    bus::Context* context = nullptr;
    bus::Payload* payload = nullptr;
    bool owns_payload = false;
    Done done;  // of the kernel's own calls; else the bus's
  };

  Pair(Cell& cell, std::uint32_t index);
  ~Pair();
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  // Takes a call; PENDING, or *reply says why not.
  socle_status call(Call call, socle_reply* reply);
  // Nobody waits for it any more.
  void give_up(std::uint64_t token);

  void attach(std::shared_ptr<Session> session);
  void serve();  // lets calls through; hooks pass as soon as it is attached
  void end();    // tells the cell to leave
  // The process is gone. `for_good`: it is not restarted, and waiting calls are answered, too.
  void detach(bool for_good);
  // The next start is not before `at` (monotonic): calls that cannot wait so long are refused, until attach().
  void await_start(std::int64_t at);
  // What the call of that number works on, for the report of a death.
  [[nodiscard]] LastWork work_of(std::uint64_t token) const;

  [[nodiscard]] bus::Worker& owner() const { return owner_; }
  [[nodiscard]] std::size_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }  // any thread
  // When a call came or went, or the cell asked for something, last (monotonic); 0: never. Any thread.
  [[nodiscard]] std::int64_t used_at() const { return used_at_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t most_calls = 1U << 16;
  static constexpr std::size_t most_queued = 4096;
  static constexpr std::size_t most_outbound = 4096;
  static constexpr std::size_t most_contexts = 4096;
  static constexpr std::size_t most_metrics = 256;
  static constexpr std::int64_t tell_every = 5'000'000;  // CPU ns
  // Of answers that wait for room. Beyond the bytes a body is withheld, beyond the messages the cell is ended.
  static constexpr std::size_t most_backlog = 4096;
  static constexpr std::size_t most_backlog_bytes = std::size_t{16} << 20;

  struct Held {  // a context the cell acts for, and since when it was last charged
    bus::Context* context;
    std::int64_t since;
    std::uint32_t method = 0;  // of the answered call
  };
  // Something the cell waits for, whose answer the kernel owes it.
  struct Outbound {
    Pair* pair;
    std::uint64_t life;
    std::uint64_t number;
    std::list<Outbound>::iterator self;
    bool carried = false;  // made on the staging thread
  };

  Call* find(std::uint64_t token);
  void used() { used_at_.store(owner_.now(), std::memory_order_relaxed); }
  bool send(Call& call);
  bool send(Outgoing& message, bool urgent);
  void queue_or_send(Outgoing& message);
  void refuse_down(const Call& call, socle_reply* reply) const;
  void flush();
  void pump();
  static void woken(void* user, socle_status status);
  void handle(const Incoming& in);

  void reply(const Incoming& in);
  // The body of a message that the cell sent for the context's payer, nullptr when it has none; or, when it is more
  // than the request or the payer may still hold, the answer that says so.
  [[nodiscard]] std::optional<socle_reply> take_body(const Incoming& in, const bus::Context& context,
                                                     bus::Payload*& body);
  void charge(const bus::Context& context, std::int64_t claimed, std::int64_t since);
  void finish(Call& call, const socle_reply& reply);
  void forget(Call& call, bool keep_context);
  void request(const Incoming& in);
  void publish(const Incoming& in);
  void give_up_outbound(std::uint64_t number);
  void resolve(const Incoming& in);
  void catalog(const Incoming& in);
  void limit(const Incoming& in);
  void open(const Incoming& in);
  void close(std::uint64_t number, std::int64_t claimed);
  void log(const Incoming& in);
  void metric(const Incoming& in);

  [[nodiscard]] bus::Context* context_of(std::uint64_t number);
  Outbound* outbound(std::uint64_t number);
  void answer(std::uint64_t number, const socle_reply& reply);  // takes the payload
  void refuse(std::uint64_t number, socle_status status, std::string_view code, std::string_view message);
  static void answered(void* user, const socle_reply* reply);
  static void published(void* user, socle_status status);
  void settle(Outbound& out, const socle_reply& reply);

  Cell& cell_;
  const std::uint32_t index_;
  bus::Worker& owner_;
  const bool staging_;
  std::shared_ptr<Session> session_;
  std::uint64_t life_ = 0;  // of sessions; answers of an earlier one go nowhere
  bool serving_ = false;
  bool closed_ = false;
  std::int64_t starts_at_ = 0;  // not before; 0: it lives, or that is not known yet
  std::uint64_t watch_ = 0;
  std::vector<Call> calls_;  // by the frame slot in the token
  std::atomic<std::size_t> in_flight_{0};
  std::atomic<std::int64_t> used_at_{0};
  std::deque<std::uint64_t> queue_;                    // tokens of calls that wait
  std::deque<std::string> backlog_;                    // messages that wait
  std::size_t backlog_bytes_ = 0;                      // of them
  std::unordered_map<std::uint64_t, Held> lingering_;  // of answered calls that the cell still acts for
  std::unordered_map<std::uint64_t, Held> opened_;     // by the cell: act_as
  std::list<Outbound> outbound_;
  std::vector<std::uint32_t> metrics_;
  std::unordered_map<const sched::Account*, std::int64_t> used_;  // that `top` has not heard of yet
  std::int64_t used_sum_ = 0;
  Scratch scratch_;
};

}  // namespace socle::cell

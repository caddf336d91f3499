// cell/runtime/guest.hpp: the cell's side: a bus with one worker, the plugin as one generation of it, and everything
// beyond the ring as another, whose handle() writes requests. Made on the main thread; all else runs on the worker,
// unless it says otherwise.
//
//   guest.cpp: lanes and messages   guest_calls.cpp: calls   start.cpp: start and end   host.cpp: the host table
//
//   kernel's call ─▶ take() ─▶ bus.call(plugin) ─▶ finished() ─▶ reply
//   (several at once: each in the turn of its tenant, whose weight the kernel tells)
//   plugin's call ─▶ bus.call(remote) ─▶ Guest::remote_handle() ─▶ request … answer ─▶ bus.complete(remote)
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bus/bus.hpp"
#include "cell/boot.hpp"
#include "cell/ring/boot_text.hpp"
#include "cell/ring/lane.hpp"
#include "cell/ring/memory.hpp"
#include "cell/ring/message.hpp"
#include "loader/library.hpp"
#include "telemetry/metrics.hpp"

namespace socle::cell {

class Guest {
 public:
  static Result<std::unique_ptr<Guest>> open(const CellBoot& boot);
  ~Guest();
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  // Main thread: serves until the kernel says end. With a plugin that is no library (tests), its descriptor.
  void run(const socle_plugin* built_in = nullptr);
  [[nodiscard]] CurrentWork& work() { return up_head().work; }

  // -- for the host table (host.cpp); worker
  static constexpr std::uint32_t channel_bit = 1U << 30;  // of remote "methods" that are channels
  struct Answer {
    std::int32_t status = SOCLE_UNAVAILABLE;
    std::uint32_t method = 0;
    double value = 0;
    bus::PayloadRef body;
  };
  // Sends a question and waits for its answer, while everything else waits. UNAVAILABLE after two seconds.
  Answer ask(Outgoing& question, std::uint64_t about);
  // Sends, or keeps it until there is room. `about`: a number whose pair it shall take.
  void send(Outgoing& message, std::uint64_t about, bool droppable = false);
  // The local target of a kernel's target (or of a channel), made when it is new.
  std::optional<std::uint32_t> local_target(const std::string& name, std::uint32_t remote_method);
  std::optional<std::uint32_t> channel(std::string_view name);
  const socle_context* act_as(std::string_view tenant, std::string_view reason, std::int64_t deadline);
  double limit(const bus::Context& context, std::string_view name);
  std::uint32_t metric(std::string_view name, std::uint32_t kind, std::string_view help);
  [[nodiscard]] bus::Bus& bus() { return *bus_; }
  [[nodiscard]] bus::Generation& plugin() { return *plugin_; }
  void send_kept(const std::string& bytes);  // a log message written on another thread
  [[nodiscard]] std::uint32_t kernel_workers() const { return static_cast<std::uint32_t>(lanes_.size() - 1); }
  [[nodiscard]] std::uint64_t catalog_version() const { return catalog_version_; }

 private:
  struct Lane {
    Consumer from_kernel;
    Producer to_kernel;
    int wake_kernel;
    std::uint32_t index;
    std::deque<std::string> backlog{};
    std::array<std::uint32_t, block_classes.size() + 1> borrowed{};  // blocks that payloads lie in
  };
  // A call of the kernel's that the plugin works on.
  struct Inbound {
    Guest* guest;
    std::uint64_t number;
    bus::Context* context;            // nullptr once it is being answered
    sched::Account* payer = nullptr;  // of the cell's own accounts
    std::int64_t deadline = INT64_MAX;
    bool answered = false;
    bool ended = false;  // nothing holds the context any more
  };
  // A call that has not begun, as those are that came in one go with others.
  struct Arrived {
    Guest* guest;
    std::uint64_t number;
    std::uint32_t target;
    bus::PayloadRef body;
  };
  struct Known {  // an answer of limit()
    double value;
    std::int64_t until;
  };

  Guest(const CellBoot& boot, Memory down, Memory up, Layout down_layout, Layout up_layout, BootText text);
  UpHead& up_head() { return *reinterpret_cast<UpHead*>(up_.data()); }
  bus::Worker& worker() { return bus_->worker(0); }

  // start.cpp
  void start(const socle_plugin* built_in);
  Status load(const socle_plugin* built_in);
  Status create();
  Status routes();
  void route(std::uint32_t target, bus::Provider to);
  void stop(Inbound& inbound);
  static void look_if_quiet(void* user, socle_status status);
  [[nodiscard]] bool drained() const;
  void end();

  // guest.cpp
  Lane& lane_of(std::uint64_t number);
  void wake(const Lane& lane) const;
  void flush();
  static void woken(void* user, socle_status status);
  void queue_pump();
  void pump();
  bus::PayloadRef body_of(Lane& lane, const Taken& taken, const Incoming& in);
  void give_back(Lane& lane, std::uint32_t block);
  static void released(void* user, std::uint64_t lane_and_block);
  void take(Lane& lane, const Taken& taken);
  bool take_answer(Lane& lane, const Taken& taken);

  // guest_calls.cpp
  void call(const Incoming& in, bus::PayloadRef body);
  void begin_arrived();
  static void begin(void* user, socle_status status);
  sched::Account& payer(std::string_view tenant);
  // What the kernel is to charge for the account: what was used since it was last told.
  std::int64_t owed(const sched::Account* account);
  void enter(Inbound& inbound, std::uint32_t target, bus::Payload* body);
  static void finished(void* user, const socle_reply* reply);
  static void context_ended(void* user, std::uint64_t number);
  void cancel(std::uint64_t number);
  void answer(const Incoming& in, bus::PayloadRef body);
  static socle_status plugin_handle(void* instance, const socle_call* call, socle_reply* reply);
  static socle_status remote_handle(void* instance, const socle_call* call, socle_reply* reply);
  static void remote_given_up(bus::Generation& generation, std::uint64_t token);
  static bus::OffloadTerms offload_terms(const bus::Generation& generation);
  [[nodiscard]] bool work_hangs();

  Memory down_, up_;
  BootText text_;
  const std::string library_path_;
  const int wake_cell_;
  Slab slab_;
  std::deque<Lane> lanes_;
  telemetry::Metrics metrics_;
  std::unique_ptr<bus::Bus> bus_;
  std::unique_ptr<bus::Generation> plugin_, remote_;
  std::optional<loader::Library> library_;
  socle_plugin plugin_descriptor_{}, remote_descriptor_{};
  const socle_plugin* built_in_ = nullptr;
  void* instance_ = nullptr;
  std::vector<std::uint32_t> target_of_;            // local targets of the plugin's methods, by the kernel's number
  std::map<std::uint32_t, std::uint32_t> hook_of_;  // and of its hooks
  std::vector<bus::SnapshotPtr> old_;               // snapshots that a call on the stack may still look at
  std::vector<std::string> channels_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Inbound>> inbound_;
  std::vector<std::unique_ptr<Arrived>> arrived_;
  static constexpr std::size_t least_payers = 4096;  // are kept, also while they do nothing
  std::size_t sweep_at_ = least_payers;
  std::unordered_map<const sched::Account*, std::int64_t> told_;  // CPU ns of each payer that the kernel knows
  std::map<std::pair<std::string, std::string>, Known> limits_;
  std::unordered_map<std::uint64_t, sched::Account*> opened_;  // who pays for contexts of act_as()
  std::map<std::string, std::uint32_t, std::less<>> metric_numbers_;
  std::deque<std::pair<Lane*, Taken>> set_aside_;  // messages that came while ask() waited
  Scratch scratch_, ask_scratch_;
  std::uint64_t catalog_version_ = 0;
  std::uint64_t watch_ = 0;
  std::uint64_t next_number_ = 0;
  std::uint64_t next_opened_ = 0;
  bool draining_ = false;
  std::uint64_t stopping_ = 0;  // the number of STOP, which waits for quiet
  std::int64_t stop_by_ = 0;
  bool pump_queued_ = false;
  bool hangs_ = false;  // it answers nothing more, so that the kernel ends it
  std::optional<std::uint64_t> awaited_;
  Answer awaited_answer_;

  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;  // guarded by mutex_
};

// The slots of the host table that the kernel answers, laid over those of the cell's own bus.
void lay_over(bus::Generation& plugin, Guest& guest);

}  // namespace socle::cell

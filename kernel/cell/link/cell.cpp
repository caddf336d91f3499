#include "cell/link/cell.hpp"

#include <algorithm>
#include <limits>

#include "telemetry/clock.hpp"
#include "telemetry/log.hpp"

namespace socle::cell {
namespace {

using std::chrono::nanoseconds;

constexpr std::chrono::seconds worker_patience{5};
constexpr std::chrono::milliseconds leave_patience{1'000};  // for a cell that was told to end
constexpr std::uint32_t idle_beats = 4;                     // of so many is asked of a cell that has no call
constexpr std::uint64_t hook_slots = 1016;                  // and seven more, of ask_hook(): no bus frame has them

}  // namespace

Cell::Cell(bus::Bus& bus, bus::Generation& generation, std::shared_ptr<const CellSpec> spec, std::string owner)
    : bus_(bus),
      generation_(generation),
      spec_(std::move(spec)),
      owner_(std::move(owner)),
      made_at_(telemetry::monotonic_now()),
      wires_(bus, generation.plugin, generation.version, generation.seq, {}, bus.worker_count() + 1),
      restart_(spec_->restart) {
  for (std::uint32_t i = 0; i <= bus.worker_count(); ++i) pairs_.push_back(std::make_unique<Pair>(*this, i));
}

Cell::~Cell() {
  if (keeper_.joinable()) keeper_.join();
}

std::string Cell::who() const {
  std::string out = "the cell of plugin '" + spec_->text.plugin + "' " + spec_->text.version;
  if (!owner_.empty()) out += (spec_->sharing == Sharing::per_plan ? " for plan '" : " for tenant '") + owner_ + "'";
  return out;
}

std::int64_t Cell::pause_after_death() {
  return restart_.died(telemetry::monotonic_now()).value_or(spec_->restart.per).count();
}

std::size_t Cell::in_flight() const {
  std::size_t busy = 0;
  for (const auto& pair : pairs_) busy += pair->in_flight();
  return busy;
}

nanoseconds Cell::idle() const {
  std::int64_t last = made_at_;
  for (const auto& pair : pairs_)
    last = std::max(last, pair->in_flight() > 0 ? std::numeric_limits<std::int64_t>::max() : pair->used_at());
  return nanoseconds(std::max<std::int64_t>(telemetry::monotonic_now() - last, 0));
}

Status Cell::start() {
  keeper_ = std::thread([this] { keep(); });
  Status begun = begin(false);
  const std::lock_guard lock(mutex_);
  restarts_ = begun.has_value();
  return begun;
}

void Cell::start_later() {
  const std::lock_guard lock(mutex_);
  restarts_ = true;
  due_ = telemetry::monotonic_now();
  keeper_ = std::thread([this] { keep(); });
}

// The keeper: starts what is due, tells of what died. Ends when the cell does.
void Cell::keep() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const std::int64_t now = telemetry::monotonic_now();
    if (due_ && !stopping_ && *due_ <= now) {
      due_.reset();
      lock.unlock();
      const Status begun = begin(true);
      lock.lock();
      if (!begun && !stopping_) {
        telemetry::Log::get().write(telemetry::Level::error, begun.error().message,
                                    {{"plugin", spec_->text.plugin}, {"cell_of", owner_}});
        if (!due_) due_ = telemetry::monotonic_now() + pause_after_death();
        tell_pause(*due_);
      }
    } else if (!graves_.empty()) {
      write_epitaphs(lock);
    } else if (ended_) {
      return;
    } else if (due_ && !stopping_) {
      changed_.wait_for(lock, nanoseconds(*due_ - now));
    } else {
      changed_.wait(lock);
    }
  }
}

void Cell::write_epitaphs(std::unique_lock<std::mutex>& lock) {
  Grave grave = std::move(graves_.front());
  const bool asked = stopping_;
  lock.unlock();
  // The end of one that was told to end is no death; a crash on the way there is one.
  const bool died = !asked || !grave.misbehaviour.empty() || !grave.session->process->ended_as_told();
  std::string text;
  if (died) {
    text = grave.session->process->epitaph(grave.work);
    if (!grave.misbehaviour.empty()) text += ": " + grave.misbehaviour;
    const std::string generation = std::to_string(spec_->text.generation);
    telemetry::Log::get().write(telemetry::Level::error, "cell died: " + text,
                                {{"plugin", spec_->text.plugin},
                                 {"generation", generation},
                                 {"cell_of", owner_},
                                 {"tenant", grave.work.tenant},
                                 {"method", grave.work.method}});
  }
  grave.session.reset();
  lock.lock();
  graves_.pop_front();
  if (died) {
    last_death_ = std::move(text);
    ++deaths_;
  }
  changed_.notify_all();
}

Status Cell::begin(bool with_start) {
  auto opened = Session::open(spec_->text, spec_->library, static_cast<std::uint32_t>(pairs_.size()), spec_->spawn);
  if (!opened) return std::move(opened).error().context("start " + who());
  std::uint64_t life = 0;
  {
    const std::lock_guard lock(mutex_);
    session_ = *opened;
    life = ++life_;
    ready_.reset();
    misbehaviour_.clear();
  }
  watch(*opened, life);
  const auto attach = [session = *opened](Pair& pair) { pair.attach(session); };
  on_pairs(attach, [] {});
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, spec_->start_timeout,
                      [&] { return ready_.has_value() || session_ == nullptr || stopping_; });
    if (!ready_ || *ready_ != SOCLE_OK) {
      const std::string why = stopping_ ? "it was told to end"
                              : !ready_ ? session_ == nullptr ? "" : "it gave no sign within its start_timeout"
                                        : ready_text_;
      lock.unlock();
      return stillborn(life, why);
    }
  }
  if (with_start) {
    if (auto started = start_hook(); !started) return stillborn(life, started.error().message);
  }
  on_pairs([](Pair& pair) { pair.serve(); }, [] {});
  const std::lock_guard lock(mutex_);
  serving_ = session_ != nullptr;
  return {};
}

// Ends a process that did not come up, and says why: what it answered, or how it died.
Error Cell::stillborn(std::uint64_t life, const std::string& why) {
  std::unique_lock lock(mutex_);
  if (session_ != nullptr && life_ == life) session_->process->kill();
  changed_.wait_for(lock, worker_patience, [&] { return session_ == nullptr; });
  while (!graves_.empty() && std::this_thread::get_id() == keeper_.get_id()) write_epitaphs(lock);
  changed_.wait_for(lock, worker_patience, [&] { return graves_.empty(); });
  if (!why.empty()) return {Code::invalid, why};
  return {Code::invalid, who() + " died while it started: " + last_death_};
}

// The calls the hook makes are made under a context of the kernel's.
std::future<Cell::HookAnswer> Cell::ask_hook(std::uint32_t method) {
  const auto promise = std::make_shared<std::promise<HookAnswer>>();
  std::uint32_t use = 0;
  {
    const std::lock_guard lock(mutex_);
    use = ++hooks_;
    if (session_ == nullptr) {
      promise->set_value({SOCLE_UNAVAILABLE, "it does not live"});
      return promise->get_future();
    }
  }
  Pair& pair = *pairs_.back();
  pair.owner().post([this, self = shared_from_this(), &pair, promise, use, method] {
    bus::Identity kernel;
    kernel.tenant = "";
    kernel.principal = "kernel";
    kernel.work_class = SOCLE_CLASS_BACKGROUND;
    kernel.deadline = telemetry::monotonic_now() + spec_->start_timeout.count();
    const bus::ContextRef context(bus::Context::open(kernel, nullptr));
    Pair::Call call;
    const std::uint64_t slot = hook_slots + (method - SOCLE_HOOK_START);
    call.token = (std::uint64_t{pairs_.size() - 1} << 56) | (slot << 32) | use;
    call.method = method;
    call.context = context.get();
    call.payload = bus::Payload::empty();
    call.done = [promise](const socle_reply& reply) {
      const bus::PayloadRef body(reply.payload != nullptr ? bus::Payload::of(reply.payload) : nullptr);
      promise->set_value({reply.status, body ? std::string(body->find("message")) : ""});
    };
    socle_reply reply{sizeof(socle_reply), SOCLE_OK, nullptr};
    const Pair::Done done = call.done;
    if (pair.call(std::move(call), &reply) != SOCLE_PENDING) done(reply);
  });
  return promise->get_future();
}

// START of a restarted cell, or of one that began by itself.
Status Cell::start_hook() {
  auto answered = ask_hook(SOCLE_HOOK_START);
  if (answered.wait_for(spec_->start_timeout) != std::future_status::ready)
    return Error{Code::deadline, who() + ": its start hook did not answer"};
  const auto [status, text] = answered.get();
  if (status == SOCLE_OK || status == SOCLE_UNSUPPORTED) return {};
  return Error{Code::invalid, who() + ": its start hook failed: " + text};
}

void Cell::on_pairs(const std::function<void(Pair&)>& fn, std::function<void()> then) {
  auto left = std::make_shared<std::atomic<std::size_t>>(pairs_.size());
  for (auto& pair : pairs_) {
    pair->owner().post([fn, then, left, &pair = *pair, self = shared_from_this()] {
      fn(pair);
      if (left->fetch_sub(1, std::memory_order_acq_rel) == 1) then();
    });
  }
}

void Cell::watch(std::shared_ptr<Session> session, std::uint64_t life) {
  struct Died {
    std::shared_ptr<Cell> cell;
    std::uint64_t life;
  };
  bus::Worker& w = bus_.worker(0);
  w.post([this, &w, session = std::move(session), life, self = shared_from_this()] {
    pidfd_watch_ = w.watch_open(wires_, session->process->pidfd());
    const auto gone = [](void* user, socle_status status) {
      const std::unique_ptr<Died> told(static_cast<Died*>(user));
      if (status == SOCLE_OK) told->cell->died(told->life);
    };
    w.watch_wait(pidfd_watch_, SOCLE_IO_READ, gone, new Died{self, life});
    asked_beat_ = false;
    beat();
  });
}

// Every so often: has the cell's worker come round since the last time? A cell without calls in flight is asked, too,
// more rarely: a timer of its plugin may never end.
void Cell::beat() {
  const auto [session, serving] = [this] {
    const std::lock_guard lock(mutex_);
    return std::pair(session_, serving_);
  }();
  if (session == nullptr) return;
  if (asked_beat_ && !session->beats()) return misbehaves("it hangs");
  // While the instance is made its worker may be busy for as long as start_timeout says.
  asked_beat_ = in_flight() > 0 || (serving && ++beats_ % idle_beats == 0);
  if (asked_beat_) session->ask_beat();
  const auto again = [](void* user, socle_status status) {
    if (status == SOCLE_OK) static_cast<Cell*>(user)->beat();
  };
  beat_timer_ = bus_.worker(0).timer_start(wires_, spec_->hang.count(), again, this);
}

void Cell::ready(socle_status status, std::string text) {
  const std::lock_guard lock(mutex_);
  if (ready_) return;
  ready_ = status;
  ready_text_ = std::move(text);
  changed_.notify_all();
}

void Cell::misbehaves(std::string_view how) {
  const std::lock_guard lock(mutex_);
  if (session_ == nullptr) return;
  if (misbehaviour_.empty()) misbehaviour_ = how;
  session_->process->kill();
}

// Worker 0: the process has ended. Its calls are answered before anything else is done about it.
void Cell::died(std::uint64_t life) {
  bus_.worker(0).watch_close(std::exchange(pidfd_watch_, 0));
  bus_.worker(0).timer_cancel(std::exchange(beat_timer_, 0));
  std::uint64_t number = 0;
  bool for_good = false;
  {
    const std::lock_guard lock(mutex_);
    number = session_->last_number();
    for_good = stopping_;
    serving_ = false;
  }
  const auto detach = [this, life, for_good](LastWork work) {
    on_pairs([for_good](Pair& pair) { pair.detach(for_good); },
             [this, life, work = std::move(work)] { bury(life, work); });
  };
  const std::uint64_t index = number >> 56;
  if (index >= pairs_.size()) return detach({generation_.plugin, generation_.version, generation_.seq, {}, {}, {}, {}});
  Pair& pair = *pairs_[index];
  pair.owner().post([detach, &pair, number, self = shared_from_this()] { detach(pair.work_of(number)); });
}

// No pair holds the session any more.
void Cell::bury(std::uint64_t life, LastWork work) {
  const std::lock_guard lock(mutex_);
  if (life != life_ || session_ == nullptr) return;
  graves_.push_back({std::move(session_), std::move(work), std::exchange(misbehaviour_, {})});
  session_ = nullptr;
  if (restarts_ && !stopping_) {
    due_ = telemetry::monotonic_now() + pause_after_death();
    tell_pause(*due_);
  }
  changed_.notify_all();
}

// Not before `until`: calls that cannot wait so long need not.
void Cell::tell_pause(std::int64_t until) {
  on_pairs([until](Pair& pair) { pair.await_start(until); }, [] {});
}

bool Cell::may_log() {
  const auto [pass, dropped] = [this] {
    const std::lock_guard lock(log_mutex_);
    return log_.take(telemetry::monotonic_now());
  }();
  if (dropped > 0) {
    telemetry::Log::get().write(telemetry::Level::warn, "a cell wrote too much to its log",
                                {{"plugin", spec_->text.plugin},
                                 {"generation", std::to_string(spec_->text.generation)},
                                 {"cell_of", owner_},
                                 {"lines", std::to_string(dropped)}});
  }
  return pass;
}

void Cell::kill() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  if (session_ != nullptr) session_->process->kill();
  changed_.notify_all();
}

void Cell::ask_to_end() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(stopping_, true)) return;
  changed_.notify_all();
  if (session_ == nullptr) return;
  Pair& pair = *pairs_.back();
  pair.owner().post([&pair, self = shared_from_this()] { pair.end(); });
}

void Cell::await_gone(std::chrono::steady_clock::time_point until) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, until, [this] { return session_ == nullptr; });
}

void Cell::end() {
  std::unique_lock lock(mutex_);
  if (ended_) return;
  if (!stopping_) {
    lock.unlock();
    ask_to_end();
    await_gone(std::chrono::steady_clock::now() + leave_patience);
    lock.lock();
  }
  if (session_ != nullptr) session_->process->kill();
  const auto over = [this] { return session_ == nullptr && graves_.empty(); };
  const bool gone = changed_.wait_for(lock, worker_patience, over);
  ended_ = true;
  changed_.notify_all();
  lock.unlock();
  if (gone && keeper_.joinable()) keeper_.join();
  bus_.on_each_worker(
      [this, self = shared_from_this()](bus::Worker& w) {
        for (auto& pair : pairs_) {
          if (&pair->owner() == &w) pair->detach(true);
        }
        w.forget(wires_);
      },
      worker_patience, false);
}

CellFacts Cell::facts() const {
  CellFacts facts;
  facts.owner = owner_;
  facts.in_flight = in_flight();
  facts.idle = idle();
  const std::lock_guard lock(mutex_);
  facts.state = leaving() ? "leaving" : session_ == nullptr ? "down" : serving_ ? "serving" : "starting";
  facts.pid = session_ != nullptr ? session_->process->pid() : 0;
  facts.deaths = deaths_;
  facts.last_death = last_death_;
  return facts;
}

}  // namespace socle::cell

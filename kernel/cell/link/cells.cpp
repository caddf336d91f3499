#include "cell/link/cells.hpp"

#include <algorithm>
#include <future>
#include <system_error>

#include "telemetry/clock.hpp"
#include "telemetry/log.hpp"

namespace socle::cell {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds worker_patience{5'000};
constexpr milliseconds busy_patience{10};  // between looks at cells that still work
constexpr milliseconds leave_patience{1'000};
constexpr nanoseconds least_idle = std::chrono::seconds(1);  // before one makes room for another
constexpr std::chrono::seconds expel_patience{20};
constexpr nanoseconds work_patience = std::chrono::minutes(10);  // for what is in flight in one that leaves
constexpr nanoseconds expelled_patience = std::chrono::seconds(5);

std::int64_t after(nanoseconds time) { return telemetry::monotonic_now() + time.count(); }

}  // namespace

Cells::Cells(bus::Bus& bus, bus::Generation& generation, std::shared_ptr<const CellSpec> spec)
    : bus_(bus),
      generation_(generation),
      spec_(std::move(spec)),
      common_(std::make_shared<Cell>(bus, generation, spec_)),
      here_(bus.worker_count()) {}

Cells::~Cells() { end(); }

// Names of tenants never begin with '~', which is the kernel's and plugins' own work.
std::string_view Cells::key_of(const bus::Context& context) const {
  const std::string_view tenant = bus::view(context.tenant);
  if (spec_->sharing == Sharing::shared || tenant.empty() || tenant.front() == '~') return {};
  if (spec_->sharing == Sharing::per_tenant) return tenant;
  return bus_.tenants() != nullptr ? bus_.tenants()->plan(tenant) : std::string_view();
}

Cell* Cells::of(std::uint32_t index, const bus::Context& context) {
  const std::string_view key = key_of(context);
  if (key.empty()) return common_.get();
  Here& here = here_[index];
  const auto known = here.by_key.find(key);
  if (known != here.by_key.end() && !known->second->leaving()) return known->second.get();
  std::shared_ptr<Cell> cell = find_or_make(key);
  if (cell == nullptr) return nullptr;
  if (known != here.by_key.end()) {  // its calls in flight may still be given up
    here.leaving.push_back(std::exchange(known->second, cell));
  } else {
    here.by_key.emplace(key, cell);
  }
  return cell.get();
}

std::shared_ptr<Cell> Cells::shared_of(const bus::Context& context, bool hook) {
  const std::string_view key = hook ? std::string_view() : key_of(context);
  return key.empty() ? common_ : find_or_make(key);
}

std::shared_ptr<Cell> Cells::find_or_make(std::string_view key) {
  const std::lock_guard lock(mutex_);
  if (ended_) return nullptr;
  if (const auto it = own_.find(key); it != own_.end()) return it->second;
  if (own_.size() >= spec_->most_own && !make_room()) return nullptr;
  auto cell = std::make_shared<Cell>(bus_, generation_, spec_, std::string(key));
  try {
    if (!janitor_.joinable()) janitor_ = std::thread([this] { keep_house(); });
    cell->start_later();
  } catch (const std::system_error& error) {  // no thread to be had
    telemetry::Log::get().write(telemetry::Level::error, std::string("a cell cannot be kept: ") + error.what(),
                                {{"plugin", generation_.plugin}});
    return nullptr;
  }
  own_.emplace(key, cell);
  return cell;
}

void Cells::each_pair(std::uint32_t index, const std::function<void(Pair&)>& fn) {
  fn(common_->pair(index));
  for (auto& [key, cell] : here_[index].by_key) fn(cell->pair(index));
  for (auto& cell : here_[index].leaving) fn(cell->pair(index));
}

std::vector<std::shared_ptr<Cell>> Cells::all() const {
  std::vector<std::shared_ptr<Cell>> out{common_};
  const std::lock_guard lock(mutex_);
  out.reserve(1 + own_.size() + leaving_.size());
  for (const auto& [key, cell] : own_) out.push_back(cell);
  for (const Leaving& l : leaving_) out.push_back(l.cell);
  return out;
}

// The one that was idle for longest makes room; false: all work, or too many are leaving already.
bool Cells::make_room() {
  if (leaving_.size() >= spec_->most_own) return false;
  const auto idlest = std::max_element(
      own_.begin(), own_.end(), [](const auto& a, const auto& b) { return a.second->idle() < b.second->idle(); });
  if (idlest == own_.end() || idlest->second->idle() < least_idle) return false;
  leave(std::string(idlest->first), after(work_patience));
  return true;
}

void Cells::leave(const std::string& key, std::int64_t until) {
  const auto it = own_.find(key);
  it->second->set_leaving();
  leaving_.push_back({std::move(it->second), until});
  own_.erase(it);
  changed_.notify_all();
}

nanoseconds Cells::look_again() const {
  return leaving_.empty() ? std::max<nanoseconds>(spec_->idle / 4, milliseconds(50)) : nanoseconds(busy_patience);
}

void Cells::keep_house() {
  std::unique_lock lock(mutex_);
  while (!ended_) {
    std::vector<std::string> idle;
    for (const auto& [key, cell] : own_) {
      if (cell->idle() >= spec_->idle) idle.push_back(key);
    }
    for (const std::string& key : idle) leave(key, after(work_patience));
    sweep(lock);
    if (!ended_) changed_.wait_for(lock, look_again());
  }
}

// Ends what is leaving and has nothing in flight any more. The lock is let go of meanwhile.
void Cells::sweep(std::unique_lock<std::mutex>& lock) {
  for (Leaving& l : leaving_) {
    if (std::exchange(l.told, true)) continue;
    lock.unlock();  // only this thread takes from leaving_, but others add to it: begin anew
    const bool told = bus_.on_each_worker([](bus::Worker&) {}, worker_patience, false);
    lock.lock();
    if (!told) {
      for (Leaving& other : leaving_) other.told = false;
    }
    return changed_.notify_all();
  }
  const std::int64_t now = telemetry::monotonic_now();
  const auto over = std::find_if(leaving_.begin(), leaving_.end(),
                                 [now](const Leaving& l) { return l.cell->in_flight() == 0 || now > l.until; });
  if (over == leaving_.end()) return;
  const std::shared_ptr<Cell> cell = over->cell;
  lock.unlock();
  if (const auto stopped = cell->ask_hook(SOCLE_HOOK_STOP);
      stopped.wait_for(spec_->stop_timeout) != std::future_status::ready)
    telemetry::Log::get().write(telemetry::Level::warn, "stop gave no answer, the cell is killed",
                                {{"plugin", generation_.plugin}, {"cell_of", cell->owner()}});
  cell->end();
  bus_.on_each_worker(
      [this, cell](bus::Worker& w) {
        Here& here = here_[w.index()];
        std::erase(here.leaving, cell);
        std::erase_if(here.by_key, [&](const auto& known) { return known.second == cell; });
      },
      worker_patience, false);
  lock.lock();
  std::erase_if(leaving_, [&](const Leaving& l) { return l.cell == cell; });
  changed_.notify_all();
}

void Cells::drain() {
  for (const auto& cell : all()) {
    if (cell != common_) static_cast<void>(cell->ask_hook(SOCLE_HOOK_DRAIN));
  }
}

Status Cells::expel(std::string_view tenant) {
  if (spec_->sharing != Sharing::per_tenant) return {};
  const std::string key(tenant);
  std::unique_lock lock(mutex_);
  if (own_.contains(key)) leave(key, after(expelled_patience));
  const auto gone = [&] {
    return ended_ ||
           std::none_of(leaving_.begin(), leaving_.end(), [&](const Leaving& l) { return l.cell->owner() == key; });
  };
  if (changed_.wait_for(lock, expel_patience, gone)) return {};
  return Error{Code::unavailable, "its cell of plugin '" + generation_.plugin + "' still works"};
}

void Cells::kill() {
  for (const auto& cell : all()) cell->kill();
}

void Cells::end() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  if (janitor_.joinable()) janitor_.join();
  const auto cells = all();
  // Side by side, so that many take no longer than one. The common one was told to stop by the lifecycle.
  std::vector<std::future<Cell::HookAnswer>> stops;
  for (const auto& cell : cells) {
    if (cell != common_) stops.push_back(cell->ask_hook(SOCLE_HOOK_STOP));
  }
  const auto stop_by = std::chrono::steady_clock::now() + spec_->stop_timeout;
  for (const auto& stop : stops) stop.wait_until(stop_by);
  for (const auto& cell : cells) cell->ask_to_end();
  const auto leave_by = std::chrono::steady_clock::now() + leave_patience;
  for (const auto& cell : cells) cell->await_gone(leave_by);
  for (const auto& cell : cells) cell->end();
  const std::lock_guard lock(mutex_);
  own_.clear();
  leaving_.clear();
}

}  // namespace socle::cell

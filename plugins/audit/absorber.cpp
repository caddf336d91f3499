#include "absorber.hpp"

#include <socle/json/writer.hpp>

#include <vector>

namespace socle::audit {
namespace {

constexpr std::size_t page = 1000;
constexpr Duration let_go_after = std::chrono::milliseconds(250);
constexpr Duration retire_every = std::chrono::hours(1);
constexpr std::uint64_t most_idle = 100;
constexpr Duration slow = std::chrono::milliseconds(200);  // between tries when something fails

// One more waits, as long as this lives.
class Waiting {
 public:
  explicit Waiting(std::atomic<std::uint32_t>& count) : count_(count) {
    count_.fetch_add(1, std::memory_order_release);
  }
  ~Waiting() { count_.fetch_sub(1, std::memory_order_release); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  std::atomic<std::uint32_t>& count_;
};

}  // namespace

Absorber::Absorber(Host& host, House& house, Journal& journal, Duration interval, Duration keep)
    : host_(host),
      house_(house),
      journal_(journal),
      interval_(interval),
      keep_(keep),
      read_(host.target("storage/1", "outbox_read")),
      remove_(host.target("storage/1", "outbox_remove")),
      absorbed_(host.counter("socle_audit_entries_total", "Entries written to the audit trail")),
      lag_(host.gauge("socle_audit_failing", "1 while the audit outbox cannot be absorbed")) {}

Task<void> Absorber::run() {
  retire_at_ = host_.now() + std::chrono::minutes(1);
  for (std::uint64_t tick = 0;; ++tick) {
    // Nothing for a second: looking costs more than a tick of the timer, so then every fifth time is enough, unless
    // somebody waits.
    const bool rests = idle_rounds_ > most_idle && tick % 5 != 0;
    Status outcome;
    if (!rests || waiting_.load(std::memory_order_acquire) > 0) {
      outcome = co_await round();
      tell(outcome);
      if (outcome) rounds_.fetch_add(1, std::memory_order_release);
    }
    if (auto slept = co_await host_.sleep(outcome ? interval_ : slow); !slept) co_return;
  }
}

Task<bool> Absorber::caught_up(Duration limit) {
  // The round under way may have read the outbox before.
  const std::uint64_t wanted = rounds_.load(std::memory_order_acquire) + 2;
  const Instant until = host_.now() + limit;
  const Waiting here(waiting_);
  while (rounds_.load(std::memory_order_acquire) < wanted) {
    if (host_.now() >= until) co_return false;
    if (auto slept = co_await host_.sleep(std::chrono::milliseconds(2)); !slept) co_return false;
  }
  co_return true;
}

Task<Status> Absorber::round() {
  if (!opened_) {  // so that there is a trail to be verified, empty as it may be
    const auto ready = co_await host_.offload([this]() -> Status {
      Origin from;
      return journal_.ready(from);
    });
    if (!ready) co_return Status(ready.error());
    opened_ = true;
  }
  const auto own = house_.get();
  if (!own) co_return Status(own.error());
  const Context context = (*own)->view();
  ++idle_rounds_;
  for (bool more = true; more;) {
    if (auto done = co_await absorb_page(context, more); !done) co_return done;
    if (host_.draining()) break;
  }
  if (pending_ && host_.now() >= let_go_at_)
    if (auto gone = co_await let_go(context); !gone) co_return gone;
  if (host_.now() >= retire_at_) co_await retire_old();
  co_return Status();
}

Task<Status> Absorber::absorb_page(Context context, bool& more) {
  std::string question;
  json::Writer writer(question);
  writer.begin_object().member("topic", outbox_topic).member("limit", std::uint64_t{page});
  if (!after_.empty()) writer.member("after", after_);
  writer.end_object();
  const Reply reply = co_await host_.call(context, read_, Payload::json(question));
  if (!reply) co_return Status(reply.error());
  auto document = json::Document::parse(reply.text());
  if (!document) co_return Status(Error{Code::internal, "storage/1 answered no JSON"});
  const json::View items = document->root().find("items");
  const std::uint64_t store = document->root().find("store").as_uint64().value_or(0);
  more = items.size() > 0;
  if (store_ != 0 && store != store_) {  // restored from a backup: other positions
    after_.clear();
    store_ = store;
    more = true;
    co_return Status();
  }
  store_ = store;
  if (!more) co_return Status();
  std::vector<Entry> entries;
  entries.reserve(items.size());
  for (const auto item : items.elements()) entries.push_back(entry_of(item, store));
  const auto written = co_await host_.offload([this, &entries]() -> Status {
    Origin from;
    if (auto ready = journal_.ready(from); !ready) return ready;
    std::erase_if(entries, [&from](const Entry& each) {
      return each.origin.store == from.store && each.origin <= from;  // before a crash, or by the generation before
    });
    return journal_.append(entries);
  });
  if (!written) co_return Status(written.error());
  idle_rounds_ = 0;
  absorbed_.add(static_cast<double>(entries.size()));
  after_ = items.at(items.size() - 1).find("position").as_string();
  if (!pending_) let_go_at_ = host_.now() + let_go_after;
  pending_ = true;
  co_return Status();
}

Task<Status> Absorber::let_go(Context context) {
  const auto settled = co_await host_.offload([this]() -> Status { return journal_.settle(); });
  if (!settled) co_return Status(settled.error());
  std::string body;
  json::Writer(body).begin_object().member("topic", outbox_topic).member("through", after_).end_object();
  const Reply removed = co_await host_.call(context, remove_, Payload::json(body));
  if (!removed) co_return Status(removed.error());
  pending_ = false;
  co_return Status();
}

Task<void> Absorber::retire_old() {
  retire_at_ = host_.now() + retire_every;
  const std::int64_t now = host_.now_utc().count();
  const auto dropped = co_await host_.offload(
      [this, now]() -> Result<std::size_t> { return journal_.retain(now - keep_.count(), now); });
  if (!dropped) {
    host_.log(Level::warn, "old audit segments are not dropped", {{"why", dropped.error().message}});
  } else if (*dropped > 0) {
    host_.log(Level::info, "old audit segments are dropped", {{"segments", *dropped}});
  }
}

// Once for each kind of trouble, and once when it is over.
void Absorber::tell(const Status& outcome) {
  std::string now = outcome ? std::string() : outcome.error().message;
  if (now == told_) return;
  if (!now.empty()) {
    host_.log(Level::warn, "the audit outbox is not absorbed; its events wait in storage", {{"why", now}});
  } else {
    host_.log(Level::info, "the audit outbox is absorbed again");
  }
  lag_.set(now.empty() ? 0 : 1);
  told_ = std::move(now);
}

}  // namespace socle::audit

// collector.cpp: see the header. Why the order of its steps loses no file that somebody begins to hold: ledger.hpp.
#include "service/collector.hpp"

#include <algorithm>
#include <ctime>

namespace socle::blob {
namespace {

constexpr Duration patience = std::chrono::minutes(1);

// Of storage's times, "2026-01-31T12:00:00.000Z", in seconds.
std::int64_t seconds_of(const std::string& text) {
  std::tm parts{};
  if (::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) return INT64_MAX;
  return ::timegm(&parts);
}

}  // namespace

Task<Status> Collector::consider(Context context, const Ledger::Mark& mark, Collected& out) {
  auto file = co_await ledger_.find(context, mark.id);
  if (!file) co_return std::move(file).error();
  bool keeps = !*file;
  if (!keeps) {
    auto held = co_await ledger_.held(context, mark.id);
    if (!held) co_return std::move(held).error();
    keeps = *held;
  }
  if (keeps) co_return co_await ledger_.drop_mark(context, mark);
  if (auto removed = co_await ledger_.remove(context, **file, mark.version); !removed) co_return removed;
  ++out.files;
  out.bytes += (*file)->size;
  const std::string tenant(context.tenant());
  const auto work = [&] { return vault_.remove(tenant, mark.id); };
  co_return co_await host_.offload(work);
}

// A record is written after its file, so what is old and has none was left by a crash.
Task<Status> Collector::search_disk(Context context, Collected& out) {
  const std::string tenant(context.tenant());
  const auto list = [&] { return vault_.list(tenant); };
  auto found = co_await host_.offload(list);
  if (!found) co_return std::move(found).error();
  const auto grace = std::chrono::duration_cast<std::chrono::seconds>(settings_.grace).count();
  std::erase_if(*found, [&](const Leftover& one) { return one.age_seconds < grace; });
  constexpr std::size_t at_once = 200;
  for (std::size_t from = 0; from < found->size(); from += at_once) {
    std::vector<std::string> ids;
    for (std::size_t i = from; i < std::min(from + at_once, found->size()); ++i) ids.push_back((*found)[i].id);
    auto known = co_await ledger_.known(context, ids);
    if (!known) co_return std::move(known).error();
    for (const auto& id : ids) {
      if (std::find(known->begin(), known->end(), id) != known->end()) continue;
      const auto work = [&] { return vault_.remove(tenant, id); };
      if (auto gone = co_await host_.offload(work); !gone) co_return gone;
      ++out.leftovers;
    }
  }
  co_return Status{};
}

Task<Result<Collected>> Collector::collect(Context context, bool leftovers) {
  Collected out;
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(host_.now_utc()).count();
  const auto grace = std::chrono::duration_cast<std::chrono::seconds>(settings_.grace).count();
  std::string cursor;
  do {
    auto marks = co_await ledger_.marks(context, cursor);
    if (!marks) co_return std::move(marks).error();
    for (const auto& mark : *marks) {
      if (now - seconds_of(mark.since) < grace) continue;
      // Somebody was quicker: the next sweep looks again.
      if (auto done = co_await consider(context, mark, out);
          !done && done.error().code != Code::conflict && done.error().code != Code::precondition)
        co_return std::move(done).error();
    }
    if (auto paused = co_await host_.pause(); !paused) co_return std::move(paused).error();
  } while (!cursor.empty());
  if (leftovers)
    if (auto done = co_await search_disk(context, out); !done) co_return std::move(done).error();
  co_return out;
}

Task<void> Collector::sweep() {
  // What a crash leaves is old enough one grace time later.
  auto searched = host_.now();
  for (;;) {
    if (auto slept = co_await host_.sleep(settings_.sweep); !slept) co_return;
    const auto list = [this] { return vault_.tenants(); };
    auto tenants = co_await host_.offload(list);
    if (!tenants) {
      host_.log(Level::warn, tenants.error().message);
      continue;
    }
    const bool search = host_.now() - searched >= settings_.grace;
    if (search) searched = host_.now();
    for (const auto& tenant : *tenants) {
      auto context = host_.act_as(tenant, "collect files that no record holds", patience);
      if (!context) continue;  // suspended, or not granted: nothing is lost
      auto done = co_await collect(*context, search);
      if (!done) host_.log(Level::warn, *context, "files were not collected: " + done.error().message);
      if (host_.draining()) co_return;
    }
  }
}

}  // namespace socle::blob

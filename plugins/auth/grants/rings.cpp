#include "grants/rings.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "core/workers.hpp"

namespace socle::auth {
namespace {

constexpr std::string_view ring_id = "ring";
constexpr int attempts = 4;
constexpr Duration telling = std::chrono::seconds(5);  // a worker at most

tokens::Rotation rotation_of(const Config& config) {
  constexpr std::int64_t second = 1'000'000'000;
  tokens::Rotation out;
  const auto algorithm = jose::algorithm_named(config.get<std::string>("token_algorithm"));
  if (algorithm) out.algorithm = *algorithm;
  out.active_for = config.get<std::int64_t>("token_key_life") / second;
  out.retired_for = config.get<std::int64_t>("token_life") / second + 3600;
  out.known_before = std::min<std::int64_t>(out.known_before, out.active_for / 2);
  return out;
}

std::optional<tokens::Sealer> sealer_of(const std::string& path) {
  if (path.empty()) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file)
    throw std::runtime_error("token_key_file '" + path + "' cannot be read; name a file this process may read");
  auto sealer = tokens::Sealer::of(content);
  if (!sealer) throw std::runtime_error("token_key_file '" + path + "': " + sealer.error().message);
  return *std::move(sealer);
}

}  // namespace

Rings::Rings(Host& host, Store& store)
    : host_(host),
      store_(store),
      rotation_(rotation_of(host.config())),
      sealer_(sealer_of(host.config().get<std::string>("token_key_file"))),
      changed_(host.target("auth/1", "access_changed")),
      workers_(host.worker_count() + 1) {}

void Rings::forget(std::string_view tenant) {
  auto& worker = workers_[host_.worker()];
  ++worker.epoch;
  const auto at = worker.by_tenant.find(tenant);
  if (at == worker.by_tenant.end()) return;
  const auto old = at->second;
  worker.by_tenant.erase(at);
  worker.recent.erase(old);
}

void Rings::keep(std::string_view tenant, const RingPtr& ring, std::uint64_t epoch) {
  auto& worker = workers_[host_.worker()];
  if (worker.epoch != epoch) return;
  if (const auto at = worker.by_tenant.find(tenant); at != worker.by_tenant.end()) {
    const auto old = at->second;
    worker.by_tenant.erase(at);
    worker.recent.erase(old);
  }
  worker.recent.push_front({std::string(tenant), ring, host_.now()});
  worker.by_tenant.emplace(worker.recent.front().tenant, worker.recent.begin());
  if (worker.recent.size() <= most_tenants) return;
  worker.by_tenant.erase(worker.recent.back().tenant);
  worker.recent.pop_back();
}

Task<Got<RingPtr>> Rings::get(Context context, bool make) {
  auto& worker = workers_[host_.worker()];
  if (const auto at = worker.by_tenant.find(context.tenant()); at != worker.by_tenant.end()) {
    worker.recent.splice(worker.recent.begin(), worker.recent, at->second);
    if (host_.now() - at->second->since < known_for) co_return at->second->ring;
  }
  co_return co_await load(context, make, false);
}

Task<Got<RingPtr>> Rings::rotate(Context context) {
  auto ring = co_await load(context, true, true);
  if (!ring) co_return std::move(ring).problem();
  if (auto told = co_await tell(context); !told) co_return std::move(told).error();
  co_return *ring;
}

// As a change of roles (access/roles.cpp): this generation's worker, then whichever generation serves there by then.
Task<Status> Rings::tell(Context context) {
  const std::string tenant(context.tenant());
  const std::function<Task<Status>()> errand = [this, &tenant]() -> Task<Status> {
    forget(tenant);
    auto own = host_.act_as(tenant, "signing keys are rotated", telling);
    if (!own) co_return std::move(own).error();
    const Reply told = co_await host_.call(own->view(), changed_, Payload());
    if (!told) co_return told.error();
    co_return Status();
  };
  co_return co_await on_each_worker(host_, errand);
}

// Of two that make or rotate at once one is stored, and the other reads that one. A turn is told between the reading
// and the writing: whatever a worker reads from then on holds the key that is the next one now and signs after it. So
// no worker meets a token of a key that it does not know, however many turns follow each other.
Task<Got<RingPtr>> Rings::load(Context context, bool make, bool turn) {
  const std::string tenant(context.tenant());
  const std::uint64_t epoch = workers_[host_.worker()].epoch;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    auto stored = co_await store_.get(context, token_keys_collection, ring_id);
    if (!stored) co_return std::move(stored).problem();
    if (!stored->exists() && !make) co_return RingPtr();
    RingPtr ring;
    std::optional<tokens::KeyRing> changed;
    if (stored->exists()) {
      auto read = tokens::KeyRing::read(stored->doc(), sealer_ ? &*sealer_ : nullptr);
      if (!read) co_return std::move(read).error();
      ring = std::make_shared<const tokens::KeyRing>(*std::move(read));
      auto due = turn ? Result<std::optional<tokens::KeyRing>>(std::optional<tokens::KeyRing>())
                      : ring->due(rotation_, seconds());
      if (!due) co_return std::move(due).error();
      changed = *std::move(due);
      if (turn) {
        auto rotated = ring->rotated(rotation_, seconds());
        if (!rotated) co_return std::move(rotated).error();
        changed = *std::move(rotated);
      }
    } else {
      auto made = tokens::KeyRing::make(rotation_, seconds());
      if (!made) co_return std::move(made).error();
      changed = *std::move(made);
    }
    if (!changed) {
      keep(tenant, ring, epoch);
      co_return ring;
    }
    ring = std::make_shared<const tokens::KeyRing>(*std::move(changed));
    auto text = ring->text(sealer_ ? &*sealer_ : nullptr);
    if (!text) co_return std::move(text).error();
    if (turn) {
      if (auto told = co_await tell(context); !told) co_return std::move(told).error();
    }
    Batch batch;
    batch.put(token_keys_collection, ring_id, stored->revision, *text);
    auto written = co_await store_.write(context, batch.take());
    if (written) {
      keep(tenant, ring, epoch);
      co_return ring;
    }
    if (written.problem().error_code() != "changed_meanwhile") co_return std::move(written).problem();
    turn = false;
  }
  co_return Reply::error(Code::unavailable, "unavailable", "the signing keys are being changed; retry");
}

}  // namespace socle::auth

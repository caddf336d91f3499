// tenants_bench.cpp: what sleeping tenants cost: N created from a batch, each with a document in the embedded store,
// all touched once in random order, and again; then a start with all of them. The kernel's own parts in this process,
// one worker; a touch is one storage/1.get as the worker that makes it waits for it, a write one of 64 under way.
//   tenants_bench PLUGINS-FOLDER NEW-FOLDER [N]
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "lifecycle/lifecycle.hpp"
#include "telemetry/log.hpp"
#include "tenants/registry.hpp"

namespace {

using namespace socle;
using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point begun) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begun).count();
}

double heap() {
  const auto info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

double resident() {
  std::ifstream statm("/proc/self/statm");
  double pages = 0, held = 0;
  statm >> pages >> held;
  return held * static_cast<double>(sysconf(_SC_PAGESIZE));
}

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "tenants_bench: %s\n", what.c_str());
  std::exit(1);
}

template <class T>
T take(Result<T> result) {
  if (!result) fail(result.error().message);
  return std::move(*result);
}

std::string name_of(size_t i) { return "tenant-" + std::to_string(i); }

struct Kernel {
  explicit Kernel(const manifest::SystemManifest& system)
      : life(take(lifecycle::Lifecycle::open(system, metrics))),
        registry(take(tenants::Registry::open(system.data / "tenants", system))) {
    life->bus().use_tenants(registry.get());
  }
  ~Kernel() {
    life->shut_down();
    life.reset();
  }
  telemetry::Metrics metrics;
  std::unique_ptr<lifecycle::Lifecycle> life;
  std::unique_ptr<tenants::Registry> registry;
};

// Calls one method for many tenants, all on worker 0 and from its own turns, `window` at a time.
class Calls {
 public:
  Calls(Kernel& kernel, const std::vector<size_t>& order, const char* method, const char* body, size_t window)
      : bus_(kernel.life->bus()),
        worker_(bus_.worker(0)),
        target_(*bus_.target("storage/1", method)),
        body_(body),
        order_(order),
        window_(window) {
    took_.reserve(order.size());
    worker_.post([this] { pump(); });
    done_.get_future().wait();
  }
  // µs of each call.
  [[nodiscard]] std::vector<double> took() && { return std::move(took_); }

 private:
  struct One {
    Calls& all;
    Clock::time_point begun;
  };
  static constexpr size_t at_once = 256;  // calls a turn, when they are answered at once

  void pump() {
    for (size_t i = 0; i < at_once && open_ < window_ && next_ < order_.size(); ++i) begin(name_of(order_[next_++]));
    if (open_ > 0) return;  // whose answers go on
    if (next_ < order_.size()) return worker_.post([this] { pump(); });
    done_.set_value();
  }
  void begin(const std::string& tenant) {
    bus::Identity who;
    who.tenant = tenant;
    who.principal = "kernel";
    who.deadline = INT64_MAX;
    auto* one = new One{*this, Clock::now()};
    const bus::ContextRef context(bus::Context::open(who, nullptr));
    const bus::PayloadRef body(bus::Payload::make(body_, SOCLE_MEDIA_JSON, {}));
    socle_reply reply{sizeof(socle_reply), SOCLE_OK, nullptr};
    ++open_;
    const auto later = [](void* user, const socle_reply* answer) {
      Calls& all = static_cast<One*>(user)->all;
      end(user, *answer);
      all.pump();
    };
    if (bus_.call(worker_, nullptr, *context.get(), target_, body.get(), nullptr, &reply, later, one) != SOCLE_PENDING)
      end(one, reply);
  }
  static void end(void* user, const socle_reply& reply) {
    const std::unique_ptr<One> one(static_cast<One*>(user));
    if (reply.payload != nullptr) bus::Payload::of(reply.payload)->release();
    if (reply.status != SOCLE_OK) fail("a call answered status " + std::to_string(reply.status));
    one->all.took_.push_back(ms_since(one->begun) * 1000);
    --one->all.open_;
  }

  bus::Bus& bus_;
  bus::Worker& worker_;
  const uint32_t target_;
  const std::string body_;
  const std::vector<size_t>& order_;
  const size_t window_;
  size_t next_ = 0, open_ = 0;
  std::vector<double> took_;
  std::promise<void> done_;
};

std::string quantiles(std::vector<double> took) {
  std::sort(took.begin(), took.end());
  char text[96];
  std::snprintf(text, sizeof text, "%.1f/%.1f", took[took.size() / 2], took[took.size() * 99 / 100]);
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) fail("usage: tenants_bench PLUGINS-FOLDER NEW-FOLDER [N]");
  const size_t n = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 100'000;
  telemetry::Log::get().configure(telemetry::Level::error, telemetry::Log::Format::text);
  const std::string text =
      "socle: 1\nworkers: 1\nresident: [librocksdb.so.7.8, libsimdjson.so.14, libre2.so.9]\n"
      "plans: {free: {weight: 1, rate: 100, burst: 200, storage.bytes: 1MiB}}\n"
      "plugins: [{path: " +
      std::filesystem::absolute(argv[1]).string() + "/storage-rocksdb, home: kernel, config: {durability: async}}]\n";
  auto system = take(manifest::parse_system_manifest(text, std::string(argv[2]) + "/system.yaml"));
  system.data = std::string(argv[2]) + "/data";
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(1));
  double created_ms = 0, created_bytes = 0, touched_bytes = 0, first_rss = 0, touched_rss = 0;
  std::string first, again, written;
  {
    Kernel kernel(system);
    if (auto booted = kernel.life->boot(); !booted) fail(booted.error().message);
    std::string batch;
    for (size_t i = 0; i < n; ++i) batch += name_of(i) + " plan=free\n";
    first_rss = resident();
    const double before = heap();
    const auto begun = Clock::now();
    static_cast<void>(take(kernel.registry->create_all(batch, "batch", std::nullopt)));
    created_ms = ms_since(begun);
    created_bytes = (heap() - before) / static_cast<double>(n);
    Calls(kernel, order, "declare", R"({"collection":"notes"})", 64);
    written =
        quantiles(Calls(kernel, order, "write",
                        R"({"operations":[{"op":"put","collection":"notes","id":"n","doc":{"title":"a note"}}]})", 64)
                      .took());
    constexpr const char* note = R"({"collection":"notes","ids":["n"]})";
    std::shuffle(order.begin(), order.end(), std::mt19937(2));
    first = quantiles(Calls(kernel, order, "get", note, 1).took());
    std::shuffle(order.begin(), order.end(), std::mt19937(3));
    again = quantiles(Calls(kernel, order, "get", note, 1).took());
    touched_bytes = (heap() - before) / static_cast<double>(n);
    touched_rss = resident();
  }
  const auto begun = Clock::now();
  Kernel kernel(system);
  const double registry_ms = ms_since(begun);
  if (auto booted = kernel.life->boot(); !booted) fail(booted.error().message);
  const double start_ms = ms_since(begun);
  std::printf(
      "tenants n=%zu create_batch_ms=%.0f heap_per_tenant=%.0fB heap_per_tenant_all_touched=%.0fB "
      "rss_growth_per_tenant=%.0fB write_us_of_64(p50/p99)=%s first_get_us=%s repeated_get_us=%s registry_open_ms=%.0f "
      "start_with_all_ms=%.0f (1 worker, durability async, nproc=%ld)\n",
      n, created_ms, created_bytes, touched_bytes, (touched_rss - first_rss) / static_cast<double>(n), written.c_str(),
      first.c_str(), again.c_str(), registry_ms, start_ms, sysconf(_SC_NPROCESSORS_ONLN));
  return kernel.registry->count() == n ? 0 : 1;
}

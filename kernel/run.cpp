#include "run.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "base/data_lock.hpp"
#include "bus/acceptor.hpp"
#include "bus/running.hpp"
#include "cell/process/control.hpp"
#include "cell/process/delegation.hpp"
#include "control/commands.hpp"
#include "control/followed_file.hpp"
#include "control/watcher.hpp"
#include "crash/handler.hpp"
#include "held_listeners.hpp"
#include "lifecycle/confine.hpp"
#include "lifecycle/json_text.hpp"
#include "lifecycle/lifecycle.hpp"
#include "manifest/file.hpp"
#include "manifest/text.hpp"
#include "pulse.hpp"
#include "supervisor.hpp"
#include "telemetry/clock.hpp"
#include "telemetry/log.hpp"
#include "tenants/housekeeper.hpp"
#include "tenants/registry.hpp"
#include "tenants/usage_service.hpp"

namespace socle {
namespace {

constexpr uint64_t call_memory = uint64_t{256} << 20;  // of one request, where the plan allows more
constexpr const char* usage_text =
    "usage: socle run SYSTEM.yaml [--data DIR] [--listen ADDR:PORT] [--workers N] [--control PATH]\n";
constexpr std::chrono::seconds turn_patience{2};  // a worker that takes no turn meanwhile hangs in a plugin
constexpr std::chrono::seconds log_patience{1};   // for what is queued when the kernel ends

int complain(int code, const std::string& text) {
  std::fprintf(stderr, "socle: %s\n", text.c_str());
  return code;
}

// The command line laid over the system manifest.
Result<manifest::SystemManifest> read_arguments(const std::vector<std::string>& arguments) {
  std::string file;
  std::vector<std::pair<std::string, std::string>> flags;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (!arguments[i].starts_with("--")) {
      if (!file.empty())
        return Error{Code::invalid,
                     "two system manifests given: '" + file + "' and '" + arguments[i] + "'; wanted one"};
      file = arguments[i];
    } else if (i + 1 < arguments.size()) {
      flags.emplace_back(arguments[i], arguments[i + 1]);
      ++i;
    } else {
      return Error{Code::invalid, "flag '" + arguments[i] + "' needs a value"};
    }
  }
  if (file.empty()) return Error{Code::invalid, "no system manifest given"};
  auto system = manifest::load_system_manifest(std::filesystem::absolute(file));
  if (!system) {
    Error error = std::move(system).error();
    error.code = Code::not_found;  // not a usage error: the words were right, the file is not
    return error;
  }
  manifest::Overrides overrides;
  for (const auto& [flag, value] : flags) {
    if (flag == "--data") {
      overrides.data = std::filesystem::absolute(value);
    } else if (flag == "--control") {
      overrides.control = std::filesystem::absolute(value);
    } else if (flag == "--listen") {
      overrides.http = manifest::parse_address(value);
      if (!overrides.http)
        return Error{Code::invalid, "--listen wants ADDR:PORT such as 127.0.0.1:8080, found '" + value + "'"};
      if (!system->listeners.contains("http"))
        return Error{Code::invalid, "--listen moves the listener 'http', and " + file + " has none"};
    } else if (flag == "--workers") {
      overrides.workers = manifest::parse_unsigned(value);
      if (!overrides.workers || *overrides.workers == 0 || *overrides.workers > 128)
        return Error{Code::invalid, "--workers wants a number from 1 to 128, found '" + value + "'"};
    } else {
      return Error{Code::invalid, "unknown flag '" + flag + "'"};
    }
  }
  manifest::lay_over(*system, overrides);
  return system;
}

uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t pages = 0, resident = 0;
  statm >> pages >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

void raise_file_limit() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

// Swaps and drains run on threads that come and go, and glibc gives each an arena (8 a core) that keeps what was freed
// in it: resident memory grew by 100 MB in 200 swaps under load. The workers get one each; all other threads share two.
// A large block (a library's bytes, while it is verified) has a mapping of its own: by its default glibc raises that
// limit to the largest block freed, and the next one stays in the heap for ever.
void bound_heap(uint64_t workers) {
  const uint64_t own = workers != 0 ? workers : std::max(1U, std::thread::hardware_concurrency());
  mallopt(M_ARENA_MAX, static_cast<int>(own) + 2);
  mallopt(M_MMAP_THRESHOLD, 512 << 10);
}

// The lifecycle has logged why not.
Status apply_changed(lifecycle::Lifecycle& life, const manifest::SystemManifest& next) {
  auto reports = life.apply(next, false);
  if (!reports) return std::move(reports).error();
  telemetry::Log::get().write(telemetry::Level::info, "the changed system manifest is applied",
                              {{"plugins_changed", std::to_string(reports->size())}});
  return {};
}

// The kernel's threads hand their log records on from here to the end of the scope.
struct LogQueued {
  LogQueued() { telemetry::Log::get().begin_queue(); }
  ~LogQueued() { telemetry::Log::get().end_queue(log_patience); }
  LogQueued(const LogQueued&) = delete;
  LogQueued& operator=(const LogQueued&) = delete;
};

// All who remember something of a tenant forget it: every generation that serves, and what it holds in cells that live.
Status forget_everywhere(lifecycle::Lifecycle& life, const std::string& tenant) {
  for (const std::string& service : life.services_with("forget"))
    if (auto forgotten = life.call_all(service, "forget", "{}", tenant); !forgotten) return forgotten;
  return {};
}

// What a deletion asks of the plugins: erase of the store, then of all who remember something of tenants to forget it,
// so that a later tenant of the same name meets nothing of it.
tenants::Eraser eraser(lifecycle::Lifecycle& life) {
  tenants::Eraser eraser;
  eraser.ready = [&life]() -> Status {
    if (life.provides("storage/1", "erase")) return {};
    return Error{Code::unavailable, "no plugin provides storage/1 now, so its data cannot be erased; load one first"};
  };
  eraser.in_flight = [&life](const std::string& tenant) {
    const sched::Account* account = life.bus().accounts().find(tenant);
    if (account == nullptr) return int64_t{0};
    const sched::Usage u = account->usage();
    return u.in_flight + u.queued;  // what waits for a place was let in as well
  };
  // What its own cells do behind its requests must not write after the erasure.
  eraser.erase = [&life](const std::string& tenant) -> Status {
    if (auto expelled = life.expel(tenant); !expelled) return expelled;
    auto erased = life.call("storage/1", "erase", "{}", tenant);
    if (!erased) return erased.error();
    if (auto forgotten = forget_everywhere(life, tenant); !forgotten) return forgotten;
    return life.expel(tenant);  // the cells that were started to forget what lies on disk
  };
  return eraser;
}

// A plan's numbers as the scheduler takes them; what it does not name is not limited.
sched::Limits scheduler_limits(const tenants::Terms& terms) {
  sched::Limits l;
  const auto whole = [&terms](std::string_view name, auto none) {
    const double n = terms.limit(name);
    return n < static_cast<double>(none) ? static_cast<decltype(none)>(n) : none;
  };
  if (const double weight = terms.limit("weight"); std::isfinite(weight)) l.weight = weight;
  if (const double burst = terms.limit("burst"); std::isfinite(burst)) l.burst = burst;
  l.rate = terms.limit("rate");
  l.cpu = terms.limit("cpu");
  l.in_flight = whole("in_flight", sched::Limits::no_count);
  l.queue = whole("queue", sched::Limits::no_count);
  l.memory = whole("memory", sched::Limits::no_bytes);
  l.call_memory = l.memory == sched::Limits::no_bytes ? call_memory : std::min(l.memory / 4, call_memory);
  return l;
}

// The kernel's process from here on; the supervisor's is another one.
int serve(const manifest::SystemManifest& system, HeldListeners& held, int64_t begun, const sigset_t& signals,
          const Birth& birth) {
  const crash::AlternateStack stack;
  crash::install(*birth.box, bus::describe_running);
  const LogQueued queued;
  telemetry::Metrics metrics;
  cell::ProcessControl processes({std::filesystem::absolute(system.data), system.resident});
  auto opened = lifecycle::Lifecycle::open(system, metrics);
  if (!opened) return complain(1, opened.error().message);
  lifecycle::Lifecycle& life = **opened;
  control::FollowedFile file(system,
                             [&life](const manifest::SystemManifest& next) { return apply_changed(life, next); });
  auto tenants = tenants::Registry::open(system.data / "tenants", system);
  if (!tenants) return complain(1, tenants.error().message);
  tenants::Registry& registry = **tenants;
  registry.quiesce = [&life] { return life.bus().on_each_worker([](bus::Worker&) {}, turn_patience); };
  life.bus().use_tenants(&registry);
  registry.on_terms = [&life](const std::string& id, const tenants::Terms& terms) {
    life.bus().accounts().tenant(id).set(scheduler_limits(terms));
  };
  registry.on_gone = [&life](const std::string& id) { life.bus().accounts().forget(id, telemetry::monotonic_now()); };
  registry.announce();
  registry.more_usage = [&life](std::string_view id, const tenants::Terms&) {
    const sched::Account* account = life.bus().accounts().find(id);
    const sched::Usage u = account != nullptr ? account->usage() : sched::Usage{};
    return fmt::format(
        R"(,"in_flight":{},"queued":{},"requests":{},"refused":{},"shed":{},"cpu_seconds":{:.6f},"memory_bytes":{},)"
        R"("memory_pressure":{})",
        u.in_flight, u.queued, u.requests, u.refused, u.shed, static_cast<double>(u.cpu) / 1e9, u.memory,
        account != nullptr ? account->pressure() : 0);
  };
  bus::Acceptor acceptor(life.bus());
  life.on_connection_closed = [&acceptor](uint64_t id) { acceptor.closed(id); };
  if (auto opened_all = open_listeners(acceptor, system, held); !opened_all)
    return complain(1, opened_all.error().message);
  for (const auto& [name, listener] : system.listeners) {
    if (listener.tenant)
      telemetry::Log::get().write(telemetry::Level::warn,
                                  "every request on this listener counts as its tenant and principal; loopback only",
                                  {{"listener", name}, {"tenant", *listener.tenant}});
  }
  if (auto added = life.add_house_service(tenants::usage_manifest, tenants::make_usage_service(life.bus())); !added)
    return complain(1, added.error().message);
  life.may_apply = [&registry](const manifest::SystemManifest& next) { return registry.fits(next); };
  life.on_applied = [&registry](const manifest::SystemManifest& next) { registry.adopt(next); };
  life.cells = [&processes](const lifecycle::Package& p) { return processes.spawner(lifecycle::sandbox_of(p)); };
  if (auto booted = life.boot(birth.restarts > 0); !booted) return complain(1, booted.error().message);
  if (life.manifest_waits()) file.waits();
  tenants::Housekeeper housekeeper(registry, eraser(life));
  housekeeper.start();
  lifecycle::JsonText facts;
  facts.string("control", system.control_socket().string())
      .string("data", system.data.string())
      .string("file", system.file.string());
  facts.number("pid", getpid()).begin_object("listeners");
  for (const auto& [name, listener] : system.listeners) facts.string(name, acceptor.address(name));
  facts.end_object();
  control::Commands commands(life, {life, registry, housekeeper}, processes, facts.take());
  control::Server server(system.control_socket(),
                         [&commands](const std::vector<std::string>& words) { return commands.run(words); });
  if (auto started = server.start(); !started) return complain(1, started.error().message);
  std::optional<control::Watcher> watcher;
  std::vector<std::filesystem::path> folders = system.watch.directories;
  const bool follow_file = system.watch.system && !system.file.empty();
  if (follow_file) folders.push_back(system.file.parent_path());
  if (!folders.empty()) {
    watcher.emplace(folders, [&life, follow_file, &file] {
      const bool file_again = follow_file && file.look();
      return life.follow_directories() || file_again;
    });
    if (auto watching = watcher->start(); !watching)
      telemetry::Log::get().write(telemetry::Level::warn, watching.error().message);
  }
  acceptor.start();
  std::optional<Pulse> pulse;
  pulse.emplace(life.bus(), *birth.beats);

  const double took = static_cast<double>(telemetry::monotonic_now() - begun) / 1e6;
  const std::string ready =
      fmt::format("ready http={} ops={} control={} pid={} plugins={} tenants={} rss={} started_in={:.0f}ms\n",
                  acceptor.address("http"), acceptor.address("ops"), system.control_socket().string(), getpid(),
                  life.plugin_count(), registry.count(), resident_bytes(), took);
  birth.serves();
  if (birth.announce) {
    [[maybe_unused]] const ssize_t n = ::write(STDOUT_FILENO, ready.data(), ready.size());
  } else {
    telemetry::Log::get().write(telemetry::Level::warn, "the kernel serves again",
                                {{"pid", std::to_string(getpid())},
                                 {"restarts", std::to_string(birth.restarts)},
                                 {"started_in_ms", std::to_string(static_cast<int64_t>(took))}});
  }

  int signal = 0;
  sigwait(&signals, &signal);
  telemetry::Log::get().write(telemetry::Level::info, "draining", {{"signal", std::to_string(signal)}});
  acceptor.shut();
  life.stop_waiting();
  watcher.reset();
  server.stop();
  housekeeper.stop();
  pulse.reset();
  life.shut_down();
  if (auto kept = registry.housekeep(); !kept)
    telemetry::Log::get().write(telemetry::Level::warn, kept.error().message);
  // Static destructors of what stays mapped must not run under threads that may still be in it.
  telemetry::Log::get().end_queue(log_patience);
  std::fflush(nullptr);
  ::_exit(0);
}

}  // namespace

int run_kernel(const std::vector<std::string>& arguments) {
  const int64_t begun = telemetry::monotonic_now();
  std::signal(SIGPIPE, SIG_IGN);
  // Blocked before any thread starts, so that only sigwait() sees them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigset_t blocked = signals;
  sigaddset(&blocked, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  auto system = read_arguments(arguments);
  if (!system) {
    if (system.error().code == Code::invalid) return complain(2, system.error().message + "\n" + usage_text);
    return complain(1, system.error().message);
  }
  constexpr telemetry::Level levels[] = {telemetry::Level::debug, telemetry::Level::info, telemetry::Level::warn,
                                         telemetry::Level::error};
  constexpr telemetry::Log::Format formats[] = {telemetry::Log::Format::automatic, telemetry::Log::Format::json,
                                                telemetry::Log::Format::text};
  telemetry::Log::get().configure(levels[static_cast<size_t>(system->log.level)],
                                  formats[static_cast<size_t>(system->log.format)]);
  raise_file_limit();
  bound_heap(system->workers.value_or(0));
  auto lock = base::lock_data(system->data);
  if (!lock) return complain(1, lock.error().message);
  auto held = hold_listeners(*system);
  if (!held) return complain(1, held.error().message);
  if (const std::string why = cell::delegate_own(); !why.empty())
    telemetry::Log::get().write(telemetry::Level::debug, "cells get no version 2 control groups: " + why);
  return supervise(system->data, system->supervisor.hang, [&](const Birth& birth) {
    if (birth.restarts == 0) return serve(*system, *held, begun, signals, birth);
    const int64_t restarted = telemetry::monotonic_now();
    auto now = read_arguments(arguments);  // it may have changed, and may be half written
    if (!now)
      telemetry::Log::get().write(telemetry::Level::error,
                                  "the kernel starts with the system manifest as it was: " + now.error().message);
    if (now && now->data != system->data) {  // locked and filled is the old one
      telemetry::Log::get().write(telemetry::Level::error,
                                  "the kernel starts with the system manifest as it was: `data` needs a restart of "
                                  "`socle run`",
                                  {{"data", system->data.string()}, {"wanted", now->data.string()}});
      now = *system;
    }
    return serve(now ? *now : *system, *held, birth.announce ? begun : restarted, signals, birth);
  });
}

}  // namespace socle

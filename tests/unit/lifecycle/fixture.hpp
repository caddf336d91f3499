// unit/lifecycle/fixture.hpp: a Lifecycle in this process over the plugins of tests/plugins, with manifests the test
// writes, fault points it sets, and a caller that never stops asking a good plugin.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/file.hpp"
#include "lifecycle/lifecycle.hpp"
#include "loader/verify.hpp"
#include "support/captured_log.hpp"
#include "telemetry/log.hpp"
#include "unit/base/temp_folder.hpp"

namespace socle::lifecycle::test {

using Catch::Matchers::Contains;

// Fault points that are set; code that spins on one can be waited for.
class Faults {
 public:
  void set(const std::string& point) {
    const std::lock_guard lock(mutex_);
    set_.insert(point);
  }
  void clear(const std::string& point) {
    const std::lock_guard lock(mutex_);
    set_.erase(point);
  }
  // "hang" is how hangs.c spins: it goes on while the answer is OK.
  socle_status answer(std::string_view point) {
    const std::lock_guard lock(mutex_);
    ++asked_[std::string(point)];
    const bool on = set_.contains(std::string(point));
    return point == "hang" ? (on ? SOCLE_OK : SOCLE_INTERNAL) : (on ? SOCLE_INTERNAL : SOCLE_OK);
  }
  uint64_t asked(const std::string& point) {
    const std::lock_guard lock(mutex_);
    return asked_[point];
  }

 private:
  std::mutex mutex_;
  std::set<std::string> set_;              // guarded by mutex_
  std::map<std::string, uint64_t> asked_;  // guarded by mutex_
};

inline bool eventually(const std::function<bool()>& what) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!what()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

// What the plugin in fixture `name` calls itself: manifests take no '_'.
inline std::string plugin_of(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

class System {
 public:
  System() { quiet(); }
  ~System() {
    for (const char* point : {"hang", "export.hang", "import.hang", "drain.hang"}) faults.clear(point);
    if (life) CHECK(eventually([&] { return life->bus().lost_threads() == 0; }));
  }

  // Broken plugins complain a lot; the log goes nowhere.
  static void quiet() {
    static const bool once = [] {
      telemetry::Log::get().configure(telemetry::Level::error, telemetry::Log::Format::json);
      telemetry::Log::get().redirect(::open("/dev/null", O_WRONLY | O_CLOEXEC));
      return true;
    }();
    static_cast<void>(once);
  }

  // A folder with the library of `fixture` and a manifest: `more` beside the plugin's name, library and one service.
  std::filesystem::path package(const std::string& folder, const std::string& fixture, const std::string& plugin,
                                const std::string& more = "", const std::string& version = "1.0.0",
                                const std::string& provides = "") {
    const auto path = folder_.path() / folder;
    std::filesystem::create_directories(path);
    const std::string library = "lib" + fixture + ".so";
    std::filesystem::copy_file(std::filesystem::path(SOCLE_BROKEN_PLUGINS) / fixture / library, path / library,
                               std::filesystem::copy_options::overwrite_existing);
    const std::string service =
        provides.empty() ? "[{service: " + plugin + "/1, methods: {answer: {timeout: 5s}}}]" : provides;
    const std::string text = "plugin: " + plugin + "\nversion: " + version + "\nabi: " + abi + "\nlibrary: " + library +
                             "\nprovides: " + service + "\nstart_timeout: " + start_timeout +
                             "\nstop_timeout: 300ms\n" +
                             (more.find("drain:") == std::string::npos ? "drain: 50ms\n" : "") + more + "\n";
    REQUIRE(base::write_file_atomic(path / "manifest.yaml", text));
    return path;
  }
  std::filesystem::path fixture(const std::string& name, const std::string& more = "self_test: 300ms") {
    return package(name, name, plugin_of(name), more);
  }

  // "plugins" entries of the system manifest: FOLDER -> what follows "home: kernel" in the entry.
  manifest::SystemManifest system(const std::map<std::string, std::string>& plugins, unsigned max_draining = 4) {
    std::string text = "socle: 1\ndata: data\nworkers: 2\nswap: {max_draining: " + std::to_string(max_draining) +
                       ", retained_budget: " + std::to_string(retained_budget) + "}";
    if (!watch.empty()) text += "\nwatch: [" + watch + "]";
    if (!trust.empty()) text += "\ntrust: [" + trust + "]";
    text += plugins.empty() ? "\nplugins: []\n" : "\nplugins:\n";
    for (const auto& [folder, terms] : plugins) text += "  - {path: " + folder + ", home: kernel" + terms + "}\n";
    REQUIRE(base::write_file_atomic(folder_.path() / "system.yaml", text));
    auto parsed = manifest::parse_system_manifest(text, folder_.path() / "system.yaml");
    INFO((parsed ? "" : parsed.error().message));
    REQUIRE(parsed);
    return std::move(*parsed);
  }
  Status boot(const manifest::SystemManifest& manifest, bool after_crash = false) {
    life.reset();
    auto opened = Lifecycle::open(manifest, metrics,
                                  [this](std::string_view, std::string_view point) { return faults.answer(point); });
    REQUIRE(opened);
    life = std::move(*opened);
    return life->boot(after_crash);
  }
  // A running system with plugin `swap` (answering A) and nothing else.
  void boot_good() {
    package("a", "good_a", "swap");
    package("b", "good_b", "swap", "", "2.0.0");
    REQUIRE(boot(system({{"a", ""}})));
  }

  std::string call(const std::string& service) {
    const auto answer = life->call(service, "answer", "{}");
    return answer ? *answer : answer.error().message;
  }
  [[nodiscard]] std::filesystem::path at(const std::string& name) const { return folder_.path() / name; }
  // Every state of every generation of a plugin, in words, oldest first.
  std::string states(const std::string& plugin) {
    const auto shown = life->show_json(plugin);
    return shown ? *shown : shown.error().message;
  }
  Error refused(const Result<SwapReport>& result) {
    REQUIRE_FALSE(result);
    return result.error();
  }

  std::string watch;        // watched directories of the next system()
  std::string trust;        // public keys of the next system()
  std::string abi = "1.0";  // of the next package()
  std::string start_timeout = "300ms";
  uint64_t retained_budget = 10'000;  // sanitizer builds retain everything
  Faults faults;
  telemetry::Metrics metrics;

 private:
  testing::TempFolder folder_;

 public:
  std::unique_ptr<Lifecycle> life;
};

// What is logged while it lives, from Level::info on.
class Logged {
 public:
  Logged() : from_(lseek(file(), 0, SEEK_END)) {
    telemetry::Log::get().configure(telemetry::Level::info, telemetry::Log::Format::json);
    telemetry::Log::get().redirect(file());
  }
  Logged(const Logged&) = delete;
  Logged& operator=(const Logged&) = delete;
  ~Logged() { telemetry::Log::get().configure(telemetry::Level::error, telemetry::Log::Format::json); }
  // The lines that hold `what`.
  [[nodiscard]] std::vector<std::string> lines(const std::string& what) const {
    std::string text(1 << 20, '\0');
    text.resize(static_cast<size_t>(std::max<ssize_t>(0, pread(file(), text.data(), text.size(), from_))));
    std::vector<std::string> out;
    std::istringstream all(text);
    for (std::string line; std::getline(all, line);) {
      if (line.find(what) != std::string::npos) out.push_back(line);
    }
    return out;
  }

 private:
  static int file() {  // kept open: threads of a test before may still write
    static const base::Fd file = testing::log_file();
    return file.get();
  }
  off_t from_;
};

// What a generation that ends well is called in this build.
inline std::string gone() {
  return loader::sanitizer_build() ? "retained(sanitizer build: libraries stay mapped for its reports)" : "unmapped";
}

// Asks plugin `swap` without pause from another thread and remembers what came back.
class Caller {
 public:
  explicit Caller(System& system, std::string service = "swap/1")
      : thread_([this, &system, service = std::move(service)] {
          while (!stop_) {
            const std::string answer = system.call(service);
            (answer == "A" || answer == "B" ? good_ : bad_).fetch_add(1);
            if (answer != "A" && answer != "B") {
              const std::lock_guard lock(mutex_);
              first_bad_ = first_bad_.empty() ? answer : first_bad_;
            }
          }
        }) {}
  ~Caller() { check(); }
  void check() {
    if (!thread_.joinable()) return;
    CHECK(eventually([this] { return good_ + bad_ > 0; }));
    stop_ = true;
    thread_.join();
    INFO(first_bad_);
    CHECK(good_ > 0);
    CHECK(bad_ == 0);
  }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<int> good_{0}, bad_{0};
  std::mutex mutex_;
  std::string first_bad_;
  std::thread thread_;
};

}  // namespace socle::lifecycle::test

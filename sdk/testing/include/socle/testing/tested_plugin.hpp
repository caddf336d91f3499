// tested_plugin.hpp: TestedPlugin, a plugin created on a FakeHost and called as the kernel would call it: linked into
// the test (a descriptor) or loaded from its shared library (a path): in this process, or in a cell's (home.hpp). Same
// thread as its FakeHost.
#pragma once

#include <socle/testing/fake_host.hpp>

namespace socle::testing {

struct Inbound;
class CellHome;

struct Ask {
  std::string text{};
  Texts meta{};
  Media media = Media::json;
  ContextSpec context{};
};

// A call under way. Keeps what it needs; may outlive its answer.
class Asked {
 public:
  explicit Asked(std::shared_ptr<Inbound> inbound) : inbound_(std::move(inbound)) {}
  [[nodiscard]] bool done() const;
  [[nodiscard]] const Reply& reply() const;            // REQUIRES: done()
  void cancel() const;                                 // the caller goes away: context.cancelled is set
  [[nodiscard]] std::size_t frames_at_answer() const;  // coroutine frames alive when it was answered

 private:
  std::shared_ptr<Inbound> inbound_;
};

class TestedPlugin {
 public:
  TestedPlugin(FakeHost& host, const socle_plugin* descriptor, std::string_view config = "{}");
  TestedPlugin(FakeHost& host, const std::string& library, std::string_view config = "{}");
  TestedPlugin(const TestedPlugin&) = delete;
  TestedPlugin& operator=(const TestedPlugin&) = delete;
  ~TestedPlugin();  // drain, stop, destroy, unload: what was not done yet

  // How create() went. Nothing else may be called unless it is ok.
  [[nodiscard]] const Reply& created() const { return created_; }
  [[nodiscard]] const socle_plugin& descriptor() const { return *descriptor_; }

  // A call on worker `worker`; `method` is "greet", or "service/1.greet" when the name alone is not unique.
  [[nodiscard]] Asked begin(std::string_view method, const Ask& ask = {}, std::uint32_t worker = 0);
  // The same, run until idle. Still pending is an error reply with code "still_pending".
  [[nodiscard]] Reply ask(std::string_view method, const Ask& ask = {}, std::uint32_t worker = 0);
  // Any number, hooks included (SOCLE_HOOK_…).
  [[nodiscard]] Asked begin(std::uint32_t method, const Ask& ask = {}, std::uint32_t worker = 0);

  // Hooks, run until idle; time moves in steps of a millisecond, 100 at most, as long as one is pending.
  Reply start() { return hook(SOCLE_HOOK_START, {}, staging()); }
  Reply self_test() { return hook(SOCLE_HOOK_SELF_TEST, {}, staging()); }
  Reply health() { return hook(SOCLE_HOOK_HEALTH, {}, 0); }
  Reply drain(std::uint32_t worker = 0);
  Reply stop();
  Reply export_state() { return hook(SOCLE_HOOK_EXPORT, {}, 0); }
  Reply import_state(std::string_view bytes, std::uint32_t version, bool dry_run);

  // Gives the plugin a descriptor it then owns.
  void connect(int fd, std::string_view listener, std::string_view peer = "127.0.0.1", std::string_view buffered = {},
               void* tls = nullptr, std::uint32_t worker = 0);

 private:
  void create(std::string_view config);
  void end() noexcept;
  [[nodiscard]] std::uint32_t staging() const;
  Reply hook(std::uint32_t number, const Ask& ask, std::uint32_t worker);

  FakeHost& host_;
  std::unique_ptr<CellHome> cell_;  // home cell
  void* library_ = nullptr;
  const socle_plugin* descriptor_ = nullptr;
  void* instance_ = nullptr;
  Reply created_;
  std::vector<bool> drained_;
  bool stopped_ = false;
};

}  // namespace socle::testing

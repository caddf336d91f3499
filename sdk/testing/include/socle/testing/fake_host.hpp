// fake_host.hpp: FakeHost, a complete socle_host table for tests: a manual clock, a run loop that moves only when told,
// services answered by lambdas or scripts, everything the plugin says recorded, and faults on demand.
//
// One thread. Workers are numbers: every callback runs with worker() set to the one that asked. Offloaded work runs
// inside step(), with every host function but the "any thread" ones reported as misuse. When a FakeHost goes and
// something of the plugin is still alive, the test program ends with the list (see leaks()).
// One FakeHost at a time per program, because a statically linked plugin has one host table.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <socle/plugin.hpp>
#include <string>
#include <utility>
#include <vector>

namespace socle::testing {

struct State;

using Texts = std::vector<std::pair<std::string, std::string>>;

struct HostOptions {
  std::uint32_t workers = 1;
  bool grown = false;  // the table has slots that this SDK does not know, as a later kernel's has
};

struct ContextSpec {
  std::string tenant = "acme";
  std::string principal = "user:ada";
  std::string claims{};
  std::string idempotency_key{};
  std::string lane{};
  Texts keys{};
  Instant deadline = Instant::never();
};

struct LogLine {
  Level level;
  std::string message;
  std::map<std::string, std::string> fields;
  std::string tenant;
};

struct Publication {
  std::string channel, tenant, text;
};

// What the plugin under test asks of another service.
struct ServiceCall {
  Context context;
  Payload payload;
  Duration timeout;
  std::string idempotency_key;
  [[nodiscard]] std::string_view text() const { return payload.text(); }
  [[nodiscard]] std::string_view meta(std::string_view key) const { return payload.meta(key); }
};
using ServiceFunction = std::function<Reply(const ServiceCall&)>;

enum class Answers { at_once, later };  // later: PENDING, and the reply in a later step

class FakeHost {
 public:
  explicit FakeHost(HostOptions options = {});
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;
  ~FakeHost();

  [[nodiscard]] const socle_host* table() const;

  // -- the loop and the clock
  // ------------------------------------------------------------------------------------------
  bool step();                    // one callback; false when nothing is ready
  void run_until_idle();          // fails the program after a million callbacks: the plugin spins
  void advance(Duration length);  // timers fire in order, the loop runs idle after each
  [[nodiscard]] Instant now() const;
  // Ends everything that is pending (timers, waits, calls, stalled ones) with Code::cancelled, as at a drain deadline.
  void give_up();

  // -- services
  // --------------------------------------------------------------------------------------------------------
  void serve(std::string service, std::string method, ServiceFunction function, Answers answers = Answers::at_once);
  // The replies in order; a call too many answers Code::internal.
  void script(std::string service, std::string method, std::vector<Reply> replies);
  void deny(std::string service);  // resolve() answers DENIED

  // -- faults: `function` is a slot of socle_host by name ("call", "frame_alloc"); nth counts from 1 from now on,
  //    0 means every time. docs/plugin-guide.md lists what failing means for each; what a function cannot do ends the
  //    program.
  //    -------------------------------------
  void fail(std::string_view function, Code code = Code::unavailable, unsigned nth = 1);
  // What one request may hold, for memory that fails with Code::too_large; with any other code its tenant's is used up.
  static constexpr std::int64_t call_memory = 262'144;
  void stall(std::string_view function, unsigned nth = 1);  // what can be pending stays so until release_stalled()
  void release_stalled();
  void crash(std::string_view function, unsigned nth = 1);  // abort(); see run_in_child()
  // The n-th pending operation from now on (whatever its kind) ends with Code::cancelled.
  void cancel_await_point(unsigned nth);
  void fault_at(std::string_view fault_point, Code code);
  [[nodiscard]] unsigned count(std::string_view function) const;  // calls of it so far
  [[nodiscard]] unsigned await_points() const;                    // pending operations begun since cancel_await_point()

  // -- what it is told and what it answers
  // -----------------------------------------------------------------------------
  [[nodiscard]] const std::vector<LogLine>& logs() const;
  [[nodiscard]] bool logged(std::string_view part) const;  // in a message or a field
  [[nodiscard]] const std::vector<Publication>& publications() const;
  [[nodiscard]] double metric(std::string_view name) const;  // sum of a counter or histogram, value of a gauge; else 0
  [[nodiscard]] double metered(std::string_view tenant, std::string_view name) const;
  [[nodiscard]] double level(std::string_view tenant, std::string_view name) const;  // the last meter_level()
  [[nodiscard]] const std::vector<std::string>& spans() const;                       // begun, in order
  [[nodiscard]] const std::vector<std::string>& audit() const;                       // "tenant: reason" of act_as
  [[nodiscard]] const std::vector<std::uint64_t>& closed() const;                    // connections reported closed
  [[nodiscard]] unsigned late_replies() const;                                       // complete() with an unknown token
  void set_limit(std::string name, double value);
  void set_rate(std::string tenant, socle_rate rate);
  void set_slice_left(Duration left);  // 200 µs until then; defer() does not fill it up again
  void set_pressure(std::string tenant, std::uint32_t level);
  // The `memory` of one tenant's plan: more is not held for it.
  void set_memory(std::string tenant, std::size_t bytes);
  [[nodiscard]] std::size_t held(std::string_view tenant) const;  // bytes that memory_hold() gave and nobody gave back
  [[nodiscard]] Duration cpu_charged(std::string_view tenant) const;  // by charge(), so far
  [[nodiscard]] std::string charged(std::uint64_t connection) const;  // the tenant; "" its peer
  void set_catalog(std::string name, std::string json);               // and moves catalog_version()
  // Connections the plugin gave back; the caller owns the descriptors.
  struct Returned {
    int fd;
    std::uint64_t id;
    std::string listener, peer, buffered;
    void* tls;
  };
  [[nodiscard]] std::vector<Returned> take_returned();

  // -- what is alive
  // ---------------------------------------------------------------------------------------------------
  [[nodiscard]] std::size_t frames() const;
  [[nodiscard]] std::size_t payloads() const;
  // One line per kind of thing still alive or misused; empty when all is well. Asking counts as having seen it: the
  // destructor then stays silent.
  [[nodiscard]] std::string leaks() const;

  [[nodiscard]] State& state() { return *state_; }  // for the other classes of Socle::testing

 private:
  std::unique_ptr<State> state_;
};

}  // namespace socle::testing

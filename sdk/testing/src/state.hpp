// state.hpp: what a FakeHost holds; shared by the files of Socle::testing only.
#pragma once

#include <deque>
#include <set>
#include <socle/testing/fake_host.hpp>
#include <socle/testing/tested_plugin.hpp>

namespace socle::testing {

// A body with its own copies, or a window on another one's text.
struct FakePayload {
  socle_payload raw{};
  std::size_t count = 1;
  std::unique_ptr<char[]> text, doc;
  FakePayload* base = nullptr;
  Texts meta;
  std::vector<socle_pair> pairs;
  bool sealed = true;
};

struct FakeContext {
  socle_context raw{};
  std::size_t count = 1;
  std::string tenant, principal, claims, idempotency_key, lane;
  Texts keys;
  std::vector<socle_pair> pairs;
  std::vector<std::unique_ptr<char[]>> arena;
};

// The table as the plugin sees it; a grown one has slots behind those of this ABI.
struct Table {
  socle_host host{};
  void (*later[8])() = {};
  State* state = nullptr;
};

struct Armed {
  std::int64_t due;
  socle_event_fn done;
  void* user;
  std::uint32_t worker;
  bool stalled;
};

struct Wait {
  socle_event_fn done = nullptr;
  void* user = nullptr;
  std::uint32_t worker = 0;
  bool stalled = false;
};

struct Watched {
  int fd = -1;
  socle_status refused = SOCLE_OK;  // else every wait ends with it at once
  Wait read, write;
};

struct Event {
  std::uint32_t worker;
  std::function<void()> run;
  std::function<void()> give_up;  // what happens instead when the host gives up
};

struct Provided {
  std::string service, method;
  ServiceFunction function;
  Answers answers;
};

enum class Verdict { go, fail, stall, cancel };

struct Rule {
  std::string function;
  unsigned nth;  // counts down; 0: every time
  Verdict verdict;
  bool crash;
  Code code;
};

// What memory_hold() gave, by an address of its own.
struct HeldMemory {
  std::unique_ptr<char> address;
  std::string tenant;
  std::size_t size = 0;
};

struct Inbound {
  std::uint64_t token = 0;
  FakeContext* context = nullptr;
  Payload payload;
  Reply reply;
  bool done = false;
  std::size_t frames_at_answer = 0;
};

struct State {
  explicit State(HostOptions options);

  // faults.cpp. Ends the program when the function cannot obey: `verb` is what the test called.
  void add_rule(Rule rule, std::string_view verb);
  // What shall happen to this call of a host function; `code` is set when it shall fail.
  Verdict judge(std::string_view function, Code& code);
  Verdict judge(std::string_view function) {
    Code ignored{};
    return judge(function, ignored);
  }
  // As judge(), for a call that gives memory. True: it gives none, and memory_refused() says why.
  bool refuses(std::string_view function);
  // As judge(), for a call that begins a pending operation.
  Verdict judge_pending(std::string_view function, Code& code);
  void misuse(std::string text);
  void worker_only(std::string_view function);

  // loop.cpp
  void schedule(std::uint32_t worker, std::function<void()> run, std::function<void()> give_up, bool stalled = false);
  void schedule_event(std::uint32_t worker, socle_event_fn done, void* user, socle_status status, bool stalled = false);
  bool step();
  bool poll_watches();
  void release_stalled();
  void give_up();

  // payloads.cpp, contexts.cpp, sched.cpp
  socle_payload* new_payload(std::string_view text, std::uint32_t media, const socle_pair* meta, std::size_t n);
  void release_payload(socle_payload* payload);
  FakeContext* new_context(const ContextSpec& spec);
  void release_context(const socle_context* context);
  [[nodiscard]] std::size_t held_by(std::string_view tenant) const;
  [[nodiscard]] std::string alive() const;

  HostOptions options;
  Table table;
  std::uint32_t worker = 0;
  bool started = false;
  bool offloading = false;
  std::int64_t clock = 1'000'000'000;
  std::uint64_t last_id = 0;
  std::deque<Event> ready, stalled;
  std::map<std::uint64_t, Armed> timers;
  std::map<std::uint64_t, Watched> watches;

  std::set<socle_payload*> payloads;
  std::set<const socle_context*> contexts;
  std::map<void*, std::size_t> frames;

  std::vector<Provided> services;
  std::set<std::string> denied;
  std::vector<std::pair<std::string, std::string>> targets;
  std::map<std::uint64_t, std::shared_ptr<Inbound>> inbound;
  std::map<std::uint64_t, std::string> connections;  // id → listener

  std::int64_t memory_refused = 0;  // what it answers when it is asked next

  std::vector<Rule> rules;
  std::map<std::string, unsigned, std::less<>> counts;
  unsigned await_points = 0, cancel_at = 0;
  std::map<std::string, Code, std::less<>> fault_points;

  std::vector<LogLine> logs;
  std::vector<Publication> publications;
  std::vector<std::pair<std::string, std::uint32_t>> metric_names;
  std::map<std::string, double, std::less<>> metrics, limits;
  std::map<std::pair<std::string, std::string>, double> meters, levels;
  std::vector<std::string> spans, audit;
  std::map<std::uint64_t, std::string> charged;                // connection → tenant
  std::map<std::string, socle_rate, std::less<>> rates;        // by tenant
  std::int64_t slice = 200'000;                                // what slice_left_for() answers
  std::map<std::string, std::uint32_t, std::less<>> pressure;  // by tenant
  std::map<void*, HeldMemory> held;
  std::map<std::string, std::size_t, std::less<>> memory;     // by tenant: what it may hold, when that is limited
  std::map<std::string, std::int64_t, std::less<>> cpu_used;  // by tenant: what charge() told
  std::set<std::uint64_t> open_spans;
  std::vector<std::uint64_t> closed;
  std::vector<FakeHost::Returned> returned;
  std::map<std::string, std::string, std::less<>> catalog;
  std::uint64_t catalog_version = 1;
  struct Resident {
    std::uint32_t version;
    void* handle;
    void (*destroy)(void*);
  };
  std::map<std::string, Resident, std::less<>> residents;
  unsigned late_replies = 0;
  std::vector<std::string> misuses;
  mutable bool seen = false;
  bool in_cell = false;    // the plugin asks from another process
  bool cell_dies = false;  // and a rule says that it crashes now
};

[[nodiscard]] inline State& state_of(const socle_host* host) { return *reinterpret_cast<const Table*>(host)->state; }

// The parts of the table, one file each.
void fill_payloads(socle_host& host);
void fill_calls(socle_host& host);
void fill_contexts(socle_host& host);
void fill_loop(socle_host& host);
void fill_observe(socle_host& host);
void fill_edges(socle_host& host);
void fill_sched(socle_host& host);

}  // namespace socle::testing

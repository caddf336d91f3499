// cell_guest.hpp: the other process: one plugin and a host table whose every slot asks the test's process. What the
// plugin reads by pointer (payloads, contexts) are mirrors here, named by the address the original has there. One
// thread; cell_guest.cpp has the loop, cell_table.cpp the slots.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <socle/plugin.hpp>
#include <string>
#include <vector>

#include "cell_wire.hpp"

namespace socle::testing {

struct MirrorPayload {
  socle_payload raw{};
  std::uint64_t id = 0;
  int references = 0;  // of the plugin's
  int borrowed = 0;    // by what is entered or not yet answered
  std::unique_ptr<char[]> text, doc;
  std::vector<std::pair<std::string, std::string>> meta;
  std::vector<socle_pair> pairs;
  MirrorPayload* base = nullptr;  // a slice of its text
};

struct MirrorContext {
  socle_context raw{};
  std::uint64_t id = 0;
  int references = 0;
  int borrowed = 0;
  std::string tenant, principal, claims, idempotency_key, lane;
  std::vector<std::pair<std::string, std::string>> keys;
  std::vector<socle_pair> pairs;
  std::vector<std::unique_ptr<char[]>> arena;
};

class Guest {
 public:
  explicit Guest(int fd) : socket_(fd) {}
  // Until the test says end, or is gone: the process ends with it.
  [[noreturn]] void run(const std::string& library, const socle_plugin* linked);
  // Asks the test's process; serves what it asks meanwhile.
  wire::Reader ask(const wire::Writer& question, int fd = -1);

  MirrorPayload* payload(wire::Reader& in);  // nullptr: none was sent
  MirrorContext* context(wire::Reader& in);
  MirrorPayload* make(std::uint64_t id, std::uint32_t media, const socle_pair* meta, std::size_t n);
  void drop(MirrorPayload* payload);  // unless something still holds it
  void drop(MirrorContext* context);
  // The payload of an answer goes to the test's process.
  std::uint64_t hand_over(socle_payload* payload);
  void answered(std::uint64_t token);

  struct Resident {
    std::uint32_t version;
    void* handle;
    void (*destroy)(void*);
  };
  std::map<std::string, Resident, std::less<>> residents;
  std::map<void*, std::uint64_t> frames;  // here → there

 private:
  std::optional<wire::Reader> receive();
  void load(const std::string& library, const socle_plugin* linked);
  void serve(wire::Reader& in);
  void create(wire::Reader& in, wire::Writer& out);
  void handle(wire::Reader& in, wire::Writer& out);

  wire::Socket socket_;
  const socle_plugin* plugin_ = nullptr;
  void* instance_ = nullptr;
  std::map<std::uint64_t, MirrorPayload*> payloads_;
  std::map<std::uint64_t, MirrorContext*> contexts_;
  struct Held {
    MirrorContext* context;
    MirrorPayload* payload;
  };
  std::map<std::uint64_t, Held> calls_;  // by token, until answered
};

// Of this process; made by run_cell().
[[nodiscard]] Guest& guest();
[[nodiscard]] socle_host make_cell_table();

}  // namespace socle::testing

// cell_home.hpp: a plugin in a process of its own, as TestedPlugin sees it: a descriptor like a library's, whose
// entries are carried there. What the plugin asks of its host is asked of the FakeHost's table here. The process is a
// fork() of the test, so the test has loaded no library and runs no thread yet (nothing does in a run whose home is the
// cell).
//
// Its death is an answer: calls in flight end with "cell_died", what it held is let go of.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <socle/testing/fake_host.hpp>
#include <string>
#include <vector>

#include "cell_wire.hpp"

namespace socle::testing {

class CellHome {
 public:
  // `library` loaded there, or with "" the descriptor. nullptr: `why` says what was wrong with the library.
  static std::unique_ptr<CellHome> start(FakeHost& host, const std::string& library, const socle_plugin* linked,
                                         Reply& why);
  ~CellHome();
  CellHome(const CellHome&) = delete;
  CellHome& operator=(const CellHome&) = delete;
  [[nodiscard]] const socle_plugin& descriptor() const { return descriptor_; }

 private:
  // A callback of the plugin's, which lies in the other process.
  struct Callback {
    CellHome* home;
    std::uint64_t done, work, user;
    std::uint64_t timer = 0;
  };
  CellHome(FakeHost& host, int fd, int pid) : host_(host), socket_(fd), pid_(pid) {}
  void describe(wire::Reader& loaded);
  std::optional<wire::Reader> enter(wire::Writer& message);
  bool send(const wire::Writer& message);
  void answer(wire::Reader& in);
  bool answer_work(wire::Reader& in, wire::Writer& out);
  bool answer_payload(wire::Reader& in, wire::Writer& out);
  bool answer_context(wire::Reader& in, wire::Writer& out);
  bool answer_time(wire::Reader& in, wire::Writer& out);
  void answer_rest(wire::Reader& in, wire::Writer& out);
  void died();

  Callback* callback(wire::Reader& in);  // done and user
  void forget(Callback* callback);
  void put(wire::Writer& out, socle_payload* payload, bool handed_over);
  void put(wire::Writer& out, const socle_context* context, bool handed_over);
  socle_payload* take(socle_payload* payload);  // handed over to this side
  static void event(void* user, socle_status status);
  static void replied(void* user, const socle_reply* reply);
  static void work(void* user);

  static socle_status create(const socle_host* host, socle_payload* config, void** instance, socle_reply* error);
  static void destroy(void* instance);
  static socle_status handle(void* instance, const socle_call* call, socle_reply* reply);
  static void connection(void* instance, const socle_connection* connection);

  FakeHost& host_;
  wire::Socket socket_;
  const int pid_;
  bool dead_ = false;
  std::string name_;
  std::vector<std::pair<std::string, std::string>> names_;
  std::vector<socle_method> methods_;
  socle_plugin descriptor_{};
  std::set<Callback*> callbacks_;
  // What the other process holds, let go of when it dies.
  std::map<socle_payload*, int> payloads_;
  std::map<const socle_context*, int> contexts_;
  std::map<void*, std::size_t> frames_;
  std::map<void*, std::size_t> held_;
  std::map<std::uint64_t, int> watches_;  // and the descriptor it was passed as
  std::set<std::uint64_t> spans_;
  std::set<std::uint64_t> calls_;  // pending
};

// The other process, from its first instruction to its last.
[[noreturn]] void run_cell(int fd, const std::string& library, const socle_plugin* linked, bool grown_table);

}  // namespace socle::testing

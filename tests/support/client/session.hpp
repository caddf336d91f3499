// session.hpp: one connection of the torture client and what it does with it. The loop (torture.cpp) owns sessions,
// tells them about bytes, ends and time, and stops when all are done. One thread.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "response_reader.hpp"

namespace socle::client {

std::int64_t now_ns();  // CLOCK_MONOTONIC: comparable between the processes of one machine

// What all sessions of a process share: settings, counts, and the files they write.
struct Shared {
  sockaddr_in address{};
  std::string name;              // of this process; notes carry it
  std::string allowed[2];        // the two greetings an answer may begin with
  bool loss = false;             // the server will be killed: a lost connection ends its session and is no failure
  bool stopping = false;         // finish what is begun and be done
  std::string until;             // event streams: done when this note's event has come
  std::FILE* samples = nullptr;  // u64 end (ns), u32 duration (us)
  std::FILE* log = nullptr;      // what was tried and acknowledged, or the events seen
  std::uint64_t requests = 0, failed = 0, wrong = 0, connections = 0, resumed = 0;
  std::uint64_t seen[2] = {0, 0};  // answers by greeting
  std::string first_problem;

  void fail(std::uint64_t& counter, const std::string& problem);
  void sample(std::int64_t begun) const;
};

class Session {
 public:
  Session(Shared& shared, int epoll, int index) : shared_(shared), index_(index), epoll_(epoll) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session();
  void start();  // connects and begins
  void on_events(std::uint32_t events);
  virtual void on_tick(std::int64_t now) { static_cast<void>(now); }
  // Called again and again once stopping: ends what has nothing outstanding.
  virtual void on_stop() {}
  [[nodiscard]] bool done() const { return done_; }

 protected:
  virtual void begin() = 0;                                                   // a new connection is there
  virtual void respond(const ResponseReader& answer) = 0;                     // a whole answer has come
  virtual void stream(ResponseReader& answer) { static_cast<void>(answer); }  // a part of one
  virtual bool outstanding() const = 0;                                       // an answer is owed
  virtual void lost();  // the server closed or reset the connection

  void send(std::string_view bytes);
  void finish();
  void reconnect();
  Shared& shared_;
  const int index_;

 private:
  void flush();
  void disconnect();
  const int epoll_;
  int fd_ = -1;
  bool done_ = false;
  bool closing_ = false;  // the last answer said `Connection: close`
  std::string out_;
  ResponseReader reader_;
};

// `mode`: keepalive, pipeline, slow, notes or sse; nullptr when it is none of them.
std::unique_ptr<Session> make_session(std::string_view mode, Shared& shared, int epoll, int index);
std::unique_ptr<Session> make_hello_session(std::string_view mode, Shared& shared, int epoll, int index);
std::unique_ptr<Session> make_notes_session(std::string_view mode, Shared& shared, int epoll, int index);

}  // namespace socle::client

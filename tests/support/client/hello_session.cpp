// hello_session.cpp: sessions that ask for greetings: one at a time (keepalive) or many at once (pipeline). Each answer
// must be one of the two allowed texts with the very name that was asked for.
#include <deque>

#include "session.hpp"

namespace socle::client {
namespace {

class Hello : public Session {
 public:
  Hello(Shared& shared, int epoll, int index, std::size_t depth) : Session(shared, epoll, index), depth_(depth) {}
  void on_stop() override {
    if (asked_.empty()) finish();
  }

 private:
  void begin() override {
    asked_.clear();
    ask();
  }
  bool outstanding() const override { return !asked_.empty(); }

  void ask() {
    std::string burst;
    while (asked_.size() < depth_) {
      asked_.push_back({shared_.name + "-" + std::to_string(index_) + "-" + std::to_string(count_++), now_ns()});
      burst += "GET /v1/hello/" + asked_.back().name + " HTTP/1.1\r\nHost: t\r\n\r\n";
    }
    send(burst);
  }

  void respond(const ResponseReader& answer) override {
    if (asked_.empty()) return shared_.fail(shared_.wrong, "an answer nobody asked for");
    const Asked asked = asked_.front();
    asked_.pop_front();
    ++shared_.requests;
    shared_.sample(asked.at);
    int version = -1;
    for (int i = 0; i < 2; ++i) {
      if (answer.body() == shared_.allowed[i] + ", " + asked.name + "!\n") version = i;
    }
    if (answer.status() != 200) {
      shared_.fail(shared_.failed, "status " + std::to_string(answer.status()) + ": " + answer.body());
    } else if (version < 0) {
      shared_.fail(shared_.wrong, "asked for " + asked.name + ", got: " + answer.body());
    } else {
      ++shared_.seen[version];
    }
    if (!asked_.empty()) return;
    if (shared_.stopping) return finish();
    if (!answer.keep_alive()) return reconnect();
    ask();
  }

  struct Asked {
    std::string name;
    std::int64_t at;
  };
  const std::size_t depth_;
  std::deque<Asked> asked_;
  std::uint64_t count_ = 0;
};

}  // namespace

std::unique_ptr<Session> make_hello_session(std::string_view mode, Shared& shared, int epoll, int index) {
  if (mode == "keepalive") return std::make_unique<Hello>(shared, epoll, index, 1);
  if (mode == "pipeline") return std::make_unique<Hello>(shared, epoll, index, 16);
  return nullptr;
}

}  // namespace socle::client

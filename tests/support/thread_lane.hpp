// thread_lane.hpp: a store with a commit lane on real threads: one that runs the lane, any number that submit and wait.
// For what the fake host cannot show: races, group sizes, throughput.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "ids.hpp"
#include "socle/json/document.hpp"
#include "store/lane.hpp"
#include "store/read.hpp"

namespace socle::storage {

class ThreadLane final : public LaneHost {
 public:
  explicit ThreadLane(Kv& kv, LaneLimits limits = {}, Settings settings = {})
      : state(kv, std::move(settings)), committer(state), lane(committer, share_, *this, limits) {
    if (auto opened = lane.open(); !opened) throw std::runtime_error(opened.error().message);
    thread_ = std::thread([this] { work(); });
  }
  ~ThreadLane() override {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  ThreadLane(const ThreadLane&) = delete;
  ThreadLane& operator=(const ThreadLane&) = delete;

  // Any thread; waits for the answer.
  Answer call(std::string_view tenant, Method method, const std::string& request, bool durable = true) {
    auto doc = json::Document::parse(request);
    if (!doc) throw std::runtime_error(doc.error().message);
    Waiting call;
    call.method = method;
    call.tenant = tenant;
    call.request = doc->root();
    call.durable = durable;
    call.bytes = request.size() + 256;
    if (!is_change(method)) return std::move(*read(state, call, Reach::any, nullptr));
    if (method == Method::write) {
      thread_local Uuid7Source ids;
      ids.set_time(now_ms());
      auto parsed = parse_write(call.request, {}, {}, ids);
      if (!parsed) return Answer(std::move(parsed).problem());
      call.write = std::move(*parsed);
    }
    call.finish = [](Call* done) { static_cast<Waiting*>(done)->done.release(); };
    lane.submit(&call);
    call.done.acquire();
    return std::move(call.answer);
  }

  // -- LaneHost
  void start_lane() override {
    {
      const std::lock_guard lock(mutex_);
      ++starts_;
    }
    changed_.notify_one();
  }
  void deliver(std::uint32_t, Call* first) override {
    while (first != nullptr) {
      Call* next = first->next;
      first->finish(first);
      first = next;
    }
  }
  void advanced(const std::set<std::string, std::less<>>&) override {}
  std::int64_t now_ms() override {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  }

 private:
  struct Waiting : Call {
    std::binary_semaphore done{0};
  };
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return starts_ > 0 || over_; });
      if (starts_ == 0) return;
      --starts_;
      lock.unlock();
      lane.run();
      lock.lock();
    }
  }

 public:
  State state;
  Committer committer;

 private:
  LaneShare share_;

 public:
  Lane lane;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int starts_ = 0;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace socle::storage

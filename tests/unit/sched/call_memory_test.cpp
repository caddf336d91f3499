// What one request holds: counted from any thread, and for nobody once the request has ended.
#include <catch2/catch.hpp>

#include <thread>
#include <vector>

#include "sched/call_memory.hpp"

using socle::sched::CallMemory;

TEST_CASE("call memory: what is added and taken back, against a cap", "[sched]") {
  CallMemory call = CallMemory::open();
  CHECK(call.counts());
  CHECK(call.held() == 0);
  CHECK(call.fits(100, 100));
  CHECK_FALSE(call.fits(101, 100));
  call.add(60);
  CHECK(call.held() == 60);
  CHECK(call.fits(40, 100));
  CHECK_FALSE(call.fits(41, 100));
  CHECK_FALSE(call.fits(UINT64_MAX, 100));
  CHECK(call.fits(UINT64_MAX - 60, UINT64_MAX));
  call.add(60);  // forced
  CHECK_FALSE(call.fits(1, 100));
  CHECK(call.fits(0, 100));
  call.remove(120);
  CHECK(call.held() == 0);
  call.close();
}

TEST_CASE("call memory: who names a request that has ended counts for nobody", "[sched]") {
  CallMemory call = CallMemory::open();
  call.add(10);
  CallMemory kept = call;  // as a payload that was handed on has it
  call.close();
  CHECK_FALSE(call.counts());
  CHECK_FALSE(kept.counts());
  std::vector<CallMemory> next;
  for (int i = 0; i < 200; ++i) next.push_back(CallMemory::open());
  kept.add(1000);
  kept.remove(10);
  for (CallMemory& each : next) {
    CHECK(each.held() == 0);
    each.close();
  }
  CHECK(kept.held() == 0);
  CHECK(kept.fits(100, 100));
  CHECK_FALSE(kept.fits(101, 100));
}

TEST_CASE("call memory: no request at all", "[sched]") {
  CallMemory none;
  none.add(10);
  none.remove(20);
  CHECK(none.held() == 0);
  CHECK_FALSE(none.counts());
  none.close();
  CHECK(none == CallMemory());
}

TEST_CASE("call memory: several threads count for one request while others begin and end", "[sched]") {
  CallMemory call = CallMemory::open();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([call]() mutable {
      for (int i = 0; i < 20'000; ++i) {
        call.add(3);
        CallMemory other = CallMemory::open();
        other.add(1);
        call.remove(2);
        other.close();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(call.held() == 80'000);
  std::thread([call]() mutable { call.close(); }).join();  // on another thread than it began
  CHECK_FALSE(call.counts());
}

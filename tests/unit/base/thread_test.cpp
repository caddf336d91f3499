#include "base/thread.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

namespace {
int own_nice() { return getpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid))); }
}  // namespace

TEST_CASE("base: a patient thread gives way, the others stay as they were", "[base]") {
  const int before = own_nice();
  int patient = -1, prompt = -1;
  std::thread([&] {
    socle::base::be_patient();
    patient = own_nice();
  }).join();
  std::thread([&] {
    socle::base::be_prompt();
    prompt = own_nice();
  }).join();
  CHECK(patient == std::max(before, 10));
  CHECK(prompt == before);
  CHECK(own_nice() == before);
}

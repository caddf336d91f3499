/* Answers PENDING, and its timer spins while the fault point "hang" is set. */
#include <socle/abi.h>

static const socle_host* fixture_host;

static void spin(void* user, socle_status status) {
  const socle_str hang = {"hang", 4};
  (void)user;
  (void)status;
  while (fixture_host->fault_point(fixture_host, hang) == SOCLE_OK) {}
}

#define FAULT                                               \
  {                                                         \
    fixture_host->timer_start(fixture_host, 1000, spin, 0); \
    return SOCLE_PENDING;                                   \
  }
#include "fixture.h"

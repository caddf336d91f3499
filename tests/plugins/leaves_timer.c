/* Starts a timer and still has it after STOP. */
#include <socle/abi.h>

static void on_timer(void* user, socle_status status) {
  (void)user;
  (void)status;
}
#define IN_START
#define FAULT fixture_host->timer_start(fixture_host, (int64_t)3600 * 1000000000, on_timer, 0);
#include "fixture.h"

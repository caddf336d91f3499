/* Watches a pipe and still does after STOP. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <socle/abi.h>
#include <unistd.h>

static void on_ready(void* user, socle_status status) {
  (void)user;
  (void)status;
}
static int ends[2];
#define IN_START
#define FAULT                                                          \
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return SOCLE_INTERNAL; \
  fixture_host->watch_wait(fixture_host, fixture_host->watch_open(fixture_host, ends[0]), SOCLE_IO_READ, on_ready, 0);
#include "fixture.h"

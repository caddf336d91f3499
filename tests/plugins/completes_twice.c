/* Answers PENDING, then completes the same call twice. */
#include <socle/abi.h>
#include <stdint.h>

static uint64_t token;
static void complete_twice(void* user, socle_status status);
#define IN_HANDLE
#define FAULT                                                       \
  token = call->token;                                              \
  fixture_host->defer(fixture_host, complete_twice, (void*)&token); \
  return SOCLE_PENDING;
#include "fixture.h"

static void complete_twice(void* user, socle_status status) {
  socle_reply reply = {sizeof reply, SOCLE_OK, 0};
  (void)status;
  fixture_host->complete(fixture_host, *(uint64_t*)user, &reply);
  fixture_host->complete(fixture_host, *(uint64_t*)user, &reply);
}

/* Answers OK without a payload, which is allowed. */
#define IN_HANDLE
#define FAULT                 \
  {                           \
    reply->status = SOCLE_OK; \
    reply->payload = 0;       \
    (void)answer;             \
    return SOCLE_OK;          \
  }
#include "fixture.h"

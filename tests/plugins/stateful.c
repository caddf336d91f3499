/* A correct plugin that holds state and misbehaves on demand: a fault point that answers anything but OK asks for it.
 *   export.big   exports 4 KiB          export.hang  spins while the point stays set
 *   import.hang  spins in IMPORT while the point stays set
 *   import.no    refuses the import     handle.pend  answers PENDING and never completes
 *   handle.slow  answers by a timer of 20 ms
 *   handle.fail.A, .B  answers an error       drain.hang   spins in DRAIN while the point stays set
 *   handle.slow.A, .B  spins for 300 us       handle.invalid.A, .B  answers that the caller is wrong
 *   ill          is not well            resident     keeps a resident handle
 * Its method answers ANSWER, then what it imported, then "kept" or "fresh" for its resident handle. */
#define _GNU_SOURCE
#define DESCRIPTOR_HANDLE stateful_handle
#include <locale.h>
#include <socle/abi.h>
#include <string.h>
#include <time.h>
static socle_status stateful_handle(void* instance, const socle_call* call, socle_reply* reply);
#include "fixture.h"

static char imported[64];
static const char* handle_text = "";
static uint64_t slow_token;

static int asked(const char* point) {
  const socle_str name = {point, strlen(point)};
  return fixture_host->fault_point(fixture_host, name) != SOCLE_OK;
}

static socle_status say(socle_reply* reply, const char* text, size_t size) {
  const socle_str body = {text, size};
  reply->status = SOCLE_OK;
  reply->payload = fixture_host->payload_new(fixture_host, body, SOCLE_MEDIA_TEXT, 0, 0);
  return SOCLE_OK;
}

static socle_status refuse(socle_reply* reply, const char* why) {
  const socle_pair meta = {FIXTURE_TEXT("message"), {why, strlen(why)}};
  const socle_str none = {0, 0};
  reply->status = SOCLE_CONFLICT;
  reply->payload = fixture_host->payload_new(fixture_host, none, SOCLE_MEDIA_NONE, &meta, 1);
  return SOCLE_CONFLICT;
}

static int is_dry(const socle_call* call) {
  for (uint32_t i = 0; i < call->payload->meta_count; ++i) {
    const socle_pair* pair = &call->payload->meta[i];
    if (pair->key.size == 7 && memcmp(pair->key.data, "dry-run", 7) == 0) return pair->value.size == 4;
  }
  return 0;
}

static socle_status start(void) {
  const socle_str name = FIXTURE_TEXT("block");
  if (!asked("resident")) return SOCLE_UNSUPPORTED;
  handle_text = " kept";
  if (fixture_host->resident_take(fixture_host, name, 1) != 0) return SOCLE_OK;
  handle_text = " fresh";
  /* Of libc and not intercepted by sanitizers, as free() is. */
  return fixture_host->resident_put(fixture_host, name, 1, newlocale(LC_ALL_MASK, "C", (locale_t)0),
                                    (void (*)(void*))freelocale);
}

static void answer_later(void* user, socle_status status) {
  socle_reply reply = {sizeof reply, SOCLE_OK, 0};
  (void)user;
  (void)status;
  say(&reply, ANSWER " slowly", sizeof ANSWER " slowly" - 1);
  fixture_host->complete(fixture_host, slow_token, &reply);
}

static long long nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void spin(long long duration) {
  const long long end = nanoseconds() + duration;
  while (nanoseconds() < end) {}
}

static socle_status answer(const socle_call* call, socle_reply* reply) {
  char text[128];
  if (asked("handle.pend")) return SOCLE_PENDING;
  if (asked("handle.slow")) {
    slow_token = call->token;
    fixture_host->timer_start(fixture_host, 20000000, answer_later, 0);
    return SOCLE_PENDING;
  }
  if (asked("handle.fail." ANSWER)) return reply->status = SOCLE_INTERNAL;
  if (asked("handle.invalid." ANSWER)) return reply->status = SOCLE_INVALID;
  if (asked("handle.slow." ANSWER)) spin(300000);
  text[0] = 0;
  strcat(strcat(strcat(text, ANSWER), imported), handle_text);
  return say(reply, text, strlen(text));
}

static socle_status stateful_handle(void* instance, const socle_call* call, socle_reply* reply) {
  static char big[4096];
  switch (call->method) {
    case 0: return answer(call, reply);
    case SOCLE_HOOK_START: return start();
    case SOCLE_HOOK_HEALTH: return asked("ill") ? refuse(reply, "the disk is full") : say(reply, "fine", 4);
    case SOCLE_HOOK_DRAIN:
      while (asked("drain.hang")) {}
      return SOCLE_UNSUPPORTED;
    case SOCLE_HOOK_EXPORT:
      while (asked("export.hang") && !is_dry(call)) {}
      return asked("export.big") ? say(reply, big, sizeof big) : say(reply, "state of " ANSWER, 9 + sizeof ANSWER - 1);
    case SOCLE_HOOK_IMPORT:
      if (asked("import.no")) return refuse(reply, "cannot read it");
      if (is_dry(call)) return SOCLE_OK;
      while (asked("import.hang")) {}
      imported[0] = '+';
      memcpy(imported + 1, call->payload->text.data, call->payload->text.size % 60);
      return SOCLE_OK;
    default: return fixture_handle(instance, call, reply);
  }
}

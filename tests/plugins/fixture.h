/* fixture.h: a whole correct plugin in C11 (and C++), made of pieces that a fixture replaces by defining a macro before
 * it includes this file. It answers its one method with ANSWER and every hook it does not need with UNSUPPORTED.
 *   FAULT       statements put where IN_CREATE, IN_START, IN_SELF_TEST, IN_HANDLE or IN_STOP says
 *   NO_NOTE, NO_ENTRY, NOTE_*, DESCRIPTOR_*, METHOD_NAME   the constants the loader looks at */
#ifndef SOCLE_TESTS_FIXTURE_H
#define SOCLE_TESTS_FIXTURE_H

#include <socle/abi.h>

#ifndef ANSWER
#define ANSWER "fine"
#endif
#ifndef METHOD_NAME
#define METHOD_NAME "answer"
#endif
#ifndef NOTE_MAJOR
#define NOTE_MAJOR 1
#endif
#ifndef NOTE_MINOR
#define NOTE_MINOR 0
#endif
#ifndef DESCRIPTOR_SIZE
#define DESCRIPTOR_SIZE sizeof(socle_plugin)
#endif
#ifndef DESCRIPTOR_MAJOR
#define DESCRIPTOR_MAJOR 1
#endif
#ifndef DESCRIPTOR_NAME
#define DESCRIPTOR_NAME PLUGIN_NAME
#endif
#ifndef DESCRIPTOR_CREATE
#define DESCRIPTOR_CREATE fixture_create
#endif
#ifndef DESCRIPTOR_DESTROY
#define DESCRIPTOR_DESTROY fixture_destroy
#endif
#ifndef DESCRIPTOR_HANDLE
#define DESCRIPTOR_HANDLE fixture_handle
#endif
#ifndef DESCRIPTOR_METHODS
#define DESCRIPTOR_METHODS fixture_methods
#endif
#ifndef FAULT
#define FAULT
#endif

#define FIXTURE_TEXT(text) \
  { text, sizeof(text) - 1 }

static const socle_host* fixture_host;

#ifdef __cplusplus
#define FIXTURE_EXPORT extern "C" __attribute__((visibility("default")))
#else
#define FIXTURE_EXPORT __attribute__((visibility("default")))
#endif

static inline socle_status fixture_create(const socle_host* host, socle_payload* config, void** instance,
                                          socle_reply* error) {
  fixture_host = host;
  *instance = &fixture_host;
  (void)config;
  (void)error;
#ifdef IN_CREATE
  FAULT
#endif
  return SOCLE_OK;
}

static inline void fixture_destroy(void* instance) { (void)instance; }

static inline socle_status fixture_handle(void* instance, const socle_call* call, socle_reply* reply) {
  (void)instance;
  switch (call->method) {
    case SOCLE_HOOK_START:
#ifdef IN_START
      FAULT
#endif
      break;
    case SOCLE_HOOK_SELF_TEST:
#ifdef IN_SELF_TEST
      FAULT
#endif
      break;
    case SOCLE_HOOK_STOP:
#ifdef IN_STOP
      FAULT
#endif
      break;
    case 0: {
      const socle_str answer = FIXTURE_TEXT(ANSWER);
#ifdef IN_HANDLE
      FAULT
#endif
      reply->status = SOCLE_OK;
      reply->payload = fixture_host->payload_new(fixture_host, answer, SOCLE_MEDIA_TEXT, 0, 0);
      return SOCLE_OK;
    }
    default: break;
  }
  reply->status = SOCLE_UNSUPPORTED;
  return SOCLE_UNSUPPORTED;
}

static const socle_method fixture_methods[] = {{FIXTURE_TEXT(PLUGIN_NAME "/1"), FIXTURE_TEXT(METHOD_NAME)}};

__attribute__((unused)) static const socle_plugin fixture_plugin = {DESCRIPTOR_SIZE,
                                                                    DESCRIPTOR_MAJOR,
                                                                    0,
                                                                    FIXTURE_TEXT(DESCRIPTOR_NAME),
                                                                    DESCRIPTOR_METHODS,
                                                                    sizeof fixture_methods / sizeof fixture_methods[0],
                                                                    DESCRIPTOR_CREATE,
                                                                    DESCRIPTOR_DESTROY,
                                                                    DESCRIPTOR_HANDLE,
                                                                    0};

/* References the pieces that a replaced descriptor leaves unused. */
__attribute__((used)) static const socle_method* const fixture_keep = fixture_methods;

#ifndef NO_ENTRY
FIXTURE_EXPORT const socle_plugin* socle_plugin_entry(void);
#ifndef OWN_ENTRY
const socle_plugin* socle_plugin_entry(void) { return &fixture_plugin; }
#endif
#endif

#ifndef NO_NOTE
#undef SOCLE_ABI_MAJOR
#undef SOCLE_ABI_MINOR
#define SOCLE_ABI_MAJOR NOTE_MAJOR
#define SOCLE_ABI_MINOR NOTE_MINOR
SOCLE_ABI_NOTE;
#endif

#endif

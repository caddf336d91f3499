/* A correct plugin that stands around calls of others and sends to its own channel. Each of its filters and its
 * subscriber writes a letter; `answer` publishes once and says what has been written. */
#define OWN_ENTRY
#define DESCRIPTOR_HANDLE around_handle
#include <socle/abi.h>
static socle_status around_handle(void* instance, const socle_call* call, socle_reply* reply);
#include "fixture.h"

static char written[16];
static size_t count;
static const char letters[] = " omih";

static socle_status around_handle(void* instance, const socle_call* call, socle_reply* reply) {
  (void)instance;
  reply->status = SOCLE_UNSUPPORTED;
  if (call->method > 4) return SOCLE_UNSUPPORTED; /* a hook */
  reply->status = SOCLE_OK;
  if (call->method > 0) {
    if (count < sizeof written) written[count++] = letters[call->method];
    return SOCLE_OK;
  }
  const socle_str news = FIXTURE_TEXT("news");
  socle_payload* message = fixture_host->payload_new(fixture_host, news, SOCLE_MEDIA_TEXT, 0, 0);
  if (count < sizeof written) (void)fixture_host->publish(fixture_host, call->context, news, message, 0, 0);
  fixture_host->payload_release(fixture_host, message);
  const socle_str text = {written, count};
  reply->payload = fixture_host->payload_new(fixture_host, text, SOCLE_MEDIA_TEXT, 0, 0);
  return SOCLE_OK;
}

static const socle_method around_methods[] = {{FIXTURE_TEXT("around/1"), FIXTURE_TEXT("answer")},
                                              {FIXTURE_TEXT(""), FIXTURE_TEXT("outer")},
                                              {FIXTURE_TEXT(""), FIXTURE_TEXT("middle")},
                                              {FIXTURE_TEXT(""), FIXTURE_TEXT("inner")},
                                              {FIXTURE_TEXT(""), FIXTURE_TEXT("heard")}};
static const socle_plugin around_plugin = {
    sizeof(socle_plugin), 1, 0, FIXTURE_TEXT(PLUGIN_NAME), around_methods, 5, fixture_create, fixture_destroy,
    around_handle,        0};
const socle_plugin* socle_plugin_entry(void) { return &around_plugin; }

/* c_plugin.c: a plugin in plain C11, by hand, without the C++ layer: what the ABI alone asks for. It echoes its input
 * (answered inline) and echoes it later (answered from a deferred call). Built three times: against today's abi.h,
 * against the frozen ABI 1.0 (SOCLE_FROZEN_ABI), and claiming another major (SOCLE_OTHER_MAJOR). */
#ifdef SOCLE_FROZEN_ABI
#include "abi-1.0/abi.h"
#else
#include <socle/abi.h>
#endif

#include <stdlib.h>
#include <string.h>

#ifdef SOCLE_OTHER_MAJOR
#undef SOCLE_ABI_MAJOR
#define SOCLE_ABI_MAJOR 2
#endif

#define STR(literal) \
  { literal, sizeof(literal) - 1 }

SOCLE_ABI_NOTE;

typedef struct echo {
  const socle_host* host;
} echo;

typedef struct later {
  const socle_host* host;
  uint64_t token;
  socle_payload* payload; /* retained */
} later;

static socle_payload* copy_of(const socle_host* host, const socle_payload* from) {
  return host->payload_new(host, from->text, from->media, from->meta, from->meta_count);
}

static socle_status create(const socle_host* host, socle_payload* config, void** instance, socle_reply* error) {
  static const socle_pair why[] = {{STR("code"), STR("create_failed")}, {STR("message"), STR("config is no object")}};
  if (config->text.size == 0 || config->text.data[0] != '{') {
    error->payload = host->payload_new(host, (socle_str){NULL, 0}, SOCLE_MEDIA_NONE, why, 2);
    return error->status = SOCLE_INVALID;
  }
  echo* self = malloc(sizeof *self);
  if (self == NULL) return error->status = SOCLE_EXHAUSTED;
  self->host = host;
  *instance = self;
  return SOCLE_OK;
}

static void destroy(void* instance) { free(instance); }

static void answer_later(void* user, socle_status status) {
  later* call = user;
  socle_reply reply = {sizeof reply, status, status == SOCLE_OK ? copy_of(call->host, call->payload) : NULL};
  call->host->payload_release(call->host, call->payload);
  call->host->complete(call->host, call->token, &reply);
  free(call);
}

static socle_status handle(void* instance, const socle_call* call, socle_reply* reply) {
  const echo* self = instance;
  if (call->method == 0) {
    reply->payload = copy_of(self->host, call->payload);
    return reply->status = reply->payload == NULL ? SOCLE_EXHAUSTED : SOCLE_OK;
  }
  if (call->method == 1) {
    later* waiting = malloc(sizeof *waiting);
    if (waiting == NULL) return reply->status = SOCLE_EXHAUSTED;
    *waiting = (later){self->host, call->token, call->payload};
    self->host->payload_retain(self->host, call->payload);
    self->host->defer(self->host, answer_later, waiting);
    return SOCLE_PENDING;
  }
  return reply->status = SOCLE_UNSUPPORTED; /* hooks included, which counts as fine */
}

static const socle_method methods[] = {{STR("echo/1"), STR("echo")}, {STR("echo/1"), STR("echo_later")}};

static const socle_plugin descriptor = {sizeof(socle_plugin),
                                        SOCLE_ABI_MAJOR,
                                        SOCLE_ABI_MINOR,
                                        {SOCLE_PLUGIN_NAME, sizeof(SOCLE_PLUGIN_NAME) - 1},
                                        methods,
                                        sizeof methods / sizeof methods[0],
                                        create,
                                        destroy,
                                        handle,
                                        NULL};

__attribute__((visibility("default"))) const socle_plugin* socle_plugin_entry(void);
const socle_plugin* socle_plugin_entry(void) { return &descriptor; }

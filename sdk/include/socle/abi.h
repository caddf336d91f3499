/* socle/abi.h: the whole binary contract between the Socle kernel and a plugin. C11, standard headers only.
 *
 * A plugin is one shared library that exports one function, socle_plugin_entry(), and carries one ELF note
 * (SOCLE_ABI_NOTE) that the loader reads before any of the plugin's code runs. The kernel hands a table of host
 * functions to create(); the table only ever grows at its end. docs/abi.md tells each slot's life cycle.
 *
 * Rules that hold for every declaration below unless it says otherwise
 *  - Text is UTF-8, pointer + length, never NUL-terminated. {NULL, 0} means absent.
 *  - "borrowed" = valid until the function that received it returns. "owned" = the receiver must release it.
 *  - Every host function is called on a worker thread of the kernel (or the staging thread of create/START/STOP),
 *    never from a thread of the plugin's own; the few that any thread may call say "any thread".
 *  - Callbacks (socle_*_fn) come on the worker that made the request and never before that request has returned.
 *  - Times are nanoseconds: int64_t of the host's monotonic clock, or a length of time where the name ends in _for.
 *  - No exception, std type, errno or Boost object crosses. An entry that cannot work fails closed.
 */
/* clang-format off */
#ifndef SOCLE_ABI_H
#define SOCLE_ABI_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
#define SOCLE_ABI_MAJOR 1 /* another major is refused, both numbers named */
#define SOCLE_ABI_MINOR 1 /* a larger minor than the kernel's is refused, a smaller one is served */
typedef struct socle_str { const char* data; size_t size; } socle_str;
/* Key and value, e.g. path and query parameters in, "http.status" or "etag" out. */
typedef struct socle_pair { socle_str key, value; } socle_pair;

/* Outcome of a call, by what the caller can do about it. HTTP status of the gateway's default mapping in brackets. */
typedef int32_t socle_status;
enum {
  SOCLE_OK = 0,              /* done, the reply is filled [200] */
  SOCLE_PENDING = 1,         /* not an outcome: exactly one completion will follow */
  SOCLE_INVALID = 2,         /* the request is wrong; correct it [400, or "http.status" in the reply's meta] */
  SOCLE_UNAUTHENTICATED = 3, /* say who you are [401] */
  SOCLE_DENIED = 4,          /* you may not [403] */
  SOCLE_NOT_FOUND = 5,       /* [404] */
  SOCLE_CONFLICT = 6,        /* clashes with what exists: unique value, state [409] */
  SOCLE_PRECONDITION = 7,    /* version or state is not what the caller said it was; read again [412] */
  SOCLE_TOO_LARGE = 8,       /* [413] */
  SOCLE_UNSUPPORTED = 9,     /* media type, method or feature [415] */
  SOCLE_EXHAUSTED = 10,      /* a quota is used up; later, or buy more [429] */
  SOCLE_UNAVAILABLE = 11,    /* retry as it is [503] */
  SOCLE_DEADLINE = 12,       /* the deadline passed; the work may or may not have happened [504] */
  SOCLE_CANCELLED = 13,      /* the caller went away or the generation drains [503] */
  SOCLE_STORAGE_FULL = 14,   /* no room for the write; nothing was lost [507] */
  SOCLE_DATA_LOSS = 15,      /* stored bytes are damaged; writes stop [500] */
  SOCLE_INTERNAL = 16        /* a defect [500] */
};
/* What a payload's text is. Other types: SOCLE_MEDIA_OTHER and meta "content-type". */
enum { SOCLE_MEDIA_NONE = 0, SOCLE_MEDIA_JSON = 1, SOCLE_MEDIA_TEXT = 2, SOCLE_MEDIA_OTHER = 3 };

/* A message body with its metadata: immutable once handed on, reference-counted, always allocated by the host, so that
 * it outlives the plugin that made it. `doc` is the flat document (socle/json) of the same JSON text once somebody has
 * parsed it; either of text and doc may be absent, not both when media is JSON. Behind the text lie 64 readable bytes,
 * for parsers that read ahead. Fields behind these are the host's. */
typedef struct socle_payload {
  socle_str text;
  socle_str doc;
  const socle_pair* meta;
  uint32_t meta_count;
  uint32_t media;
} socle_payload;

enum { SOCLE_CLASS_INTERACTIVE = 0, SOCLE_CLASS_BACKGROUND = 1 };
/* For whom work is done. Kernel-owned; travels on every hop and can only shrink. A plugin reads it and passes this pointer
 * on; identity comes from the kernel's own record behind it. Lives until its call is completed, or context_release(). */
typedef struct socle_context {
  socle_str tenant;          /* "" only for the kernel's own work */
  socle_str principal;       /* user, API key, or "plugin:NAME" */
  socle_str claims;          /* JSON object of the principal: roles, scopes, session, ...; may be absent */
  socle_str idempotency_key; /* may be absent */
  socle_str lane;            /* canary lane key; equal lanes meet the same generation of a canary split */
  const socle_pair* keys;    /* added by filters */
  uint32_t key_count;
  uint32_t work_class;       /* SOCLE_CLASS_* */
  int64_t deadline;          /* INT64_MAX: none */
  uint8_t trace_id[16];      /* W3C trace context */
  uint8_t span_id[8];
  uint8_t trace_flags;
  uint8_t cancelled; /* 1 once the caller is gone or the deadline has passed; poll it in long work */
} socle_context;
/* A request. The struct is borrowed; context and payload live until the call is completed. */
typedef struct socle_call {
  uint32_t struct_size;
  uint32_t method; /* index into the descriptor's methods, or a SOCLE_HOOK_* */
  uint64_t token;  /* names this call for complete(); single use */
  const socle_context* context;
  socle_payload* payload; /* never NULL */
} socle_call;

/* The answer. `payload` is owned by whom the reply is handed to and may be NULL. For an error, meta "code" and "message"
 * hold the stable code and the text; a JSON array of field errors may be the payload's text. */
typedef struct socle_reply {
  uint32_t struct_size;
  socle_status status; /* never SOCLE_PENDING */
  socle_payload* payload;
} socle_reply;

/* Life-cycle hooks arrive through handle() like calls (deadline included) and may be answered PENDING. A plugin answers
 * SOCLE_UNSUPPORTED to one it does not need, which counts as fine.
 *  START      staging thread, once, before anything is routed here. Timers and watches it leaves move to worker 0.
 *  SELF_TEST  staging thread, after START; an error refuses the generation.
 *  HEALTH     any worker, now and then; the reply's text, if any, is shown to the operator.
 *  DRAIN      each worker once, when nothing new is routed here: give connections back, end background loops.
 *  STOP       staging thread, once, when nothing is in flight. Afterwards no timer, watch, posted message or offloaded
 *             work of the generation may exist; the kernel names what is left and then keeps the library mapped.
 *  EXPORT     state: cache or exclusive. The reply's payload goes to the next generation; meta "state-version" says which.
 *  IMPORT     payload as exported, meta "dry-run" = "true" when nothing must be kept. */
enum {
  SOCLE_HOOK_START = 0x7FFF0001, SOCLE_HOOK_SELF_TEST = 0x7FFF0002, SOCLE_HOOK_HEALTH = 0x7FFF0003,
  SOCLE_HOOK_DRAIN = 0x7FFF0004, SOCLE_HOOK_STOP = 0x7FFF0005, SOCLE_HOOK_EXPORT = 0x7FFF0006,
  SOCLE_HOOK_IMPORT = 0x7FFF0007
};

/* A stream accepted by the kernel for a listener that the plugin serves. */
typedef struct socle_connection {
  uint32_t struct_size;
  int32_t fd;         /* non-blocking; the receiver owns it and ends with connection_closed() or connection_return() */
  uint64_t id;        /* the kernel's own number for counting */
  socle_str listener; /* name in the system manifest; borrowed */
  socle_str peer;     /* address without port; borrowed */
  socle_str buffered; /* bytes read and not yet used by an earlier generation; borrowed */
  void* tls;          /* resident TLS object of an earlier generation, or NULL; owned with the fd */
} socle_connection;

/* Makes a root context; for the plugin that answers for identity (permission "ingress"). All borrowed. */
typedef struct socle_root {
  uint32_t struct_size;
  uint32_t work_class;
  socle_str tenant, principal, claims, idempotency_key, lane;
  int64_t deadline;
  const uint8_t* trace_id; /* 16 bytes, or NULL for a new trace */
  const uint8_t* span_id;  /* 8 bytes: the remote parent, or NULL */
  uint8_t trace_flags, reserved[7];
  uint64_t continues; /* 1.1: 1 = part of a request that was admitted already (a further piece of a streamed reply) */
} socle_root;

/* 1.1: a tenant's request rate. Lengths of time as everywhere; limit is requests a second. */
typedef struct socle_rate {
  uint32_t struct_size, reserved;
  double limit, burst;
  int64_t remaining; /* requests that would be admitted now */
  int64_t reset_for, retry_after_for; /* until that is `burst` again; until the next one is admitted (0: now) */
} socle_rate;

/* Options of call(); a NULL pointer means all zero. */
typedef struct socle_call_options {
  uint32_t struct_size, reserved;
  int64_t timeout_for;       /* 0: the callee's declared time-out; the context's deadline holds in any case */
  socle_str idempotency_key; /* replaces the context's when present */
} socle_call_options;
enum { SOCLE_LOG_DEBUG = 0, SOCLE_LOG_INFO = 1, SOCLE_LOG_WARN = 2, SOCLE_LOG_ERROR = 3 };
enum { SOCLE_IO_READ = 1, SOCLE_IO_WRITE = 2 };
enum { SOCLE_METRIC_COUNTER = 0, SOCLE_METRIC_GAUGE = 1, SOCLE_METRIC_HISTOGRAM = 2 };
typedef void (*socle_reply_fn)(void* user, const socle_reply* reply); /* reply->payload is owned by the callback */
typedef void (*socle_event_fn)(void* user, socle_status status);      /* OK, or CANCELLED when the host gave up */
typedef void (*socle_work_fn)(void* user); /* on an offload thread: no host calls but those marked "any thread" */
typedef struct socle_host socle_host;
struct socle_host {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  /* -- payloads ------------------------------------------------------------------------------------------------ */
  /* A new payload holding copies of text and meta. NULL: the tenant's or the call's memory is used up. Any thread. */
  socle_payload* (*payload_new)(const socle_host*, socle_str text, uint32_t media, const socle_pair* meta, size_t n);
  /* As above with `size` writable bytes of text at *bytes: fill them, then payload_seal() what was used. Any thread. */
  socle_payload* (*payload_alloc)(const socle_host*, size_t size, uint32_t media, const socle_pair* meta, size_t n,
                                  char** bytes);
  void (*payload_seal)(const socle_host*, socle_payload*, size_t size);
  /* Shares base's text[offset, offset+size) under other meta; keeps base alive. doc is shared when the range is all. */
  socle_payload* (*payload_slice)(const socle_host*, socle_payload* base, size_t offset, size_t size, uint32_t media,
                                  const socle_pair* meta, size_t n);
  /* Puts a copy of a flat document beside the text; ignored when one is there. */
  void (*payload_set_doc)(const socle_host*, socle_payload*, socle_str doc);
  void (*payload_retain)(const socle_host*, socle_payload*);  /* any thread, once payload_share()d */
  void (*payload_release)(const socle_host*, socle_payload*); /* any thread, once payload_share()d; NULL is fine */
  void (*payload_share)(const socle_host*, socle_payload*);   /* before it leaves this worker: counts become atomic */
  /* -- calls --------------------------------------------------------------------------------------------------- */
  /* A number for service ("storage/1") and method, good for the life of this generation. DENIED: the manifest does not
   * require the service or no grant; UNSUPPORTED: the provider has no such method. A service that is not there yet
   * resolves; calling it answers UNAVAILABLE. Any worker, any time; do it once. */
  socle_status (*resolve)(const socle_host*, socle_str service, socle_str method, uint32_t* target);
  /* OK or an error: *reply is filled, its payload yours. PENDING: `done` follows. `payload` is borrowed (NULL: empty). */
  socle_status (*call)(const socle_host*, const socle_context*, uint32_t target, socle_payload* payload,
                       const socle_call_options*, socle_reply* reply, socle_reply_fn done, void* user);
  /* Answers a call that returned PENDING, on its worker. Takes reply->payload. Late or second: dropped and counted. */
  void (*complete)(const socle_host*, uint64_t token, const socle_reply* reply);
  /* To the subscribers of a channel that the manifest publishes. OK: taken; PENDING: back-pressure, `done` follows, at
   * the latest at the context's deadline with UNAVAILABLE. */
  socle_status (*publish)(const socle_host*, const socle_context*, socle_str channel, socle_payload*, socle_event_fn done,
                          void* user);
  /* -- contexts ------------------------------------------------------------------------------------------------ */
  const socle_context* (*context_open)(const socle_host*, const socle_root*); /* NULL: permission "ingress" missing */
  /* Background work for a tenant; permission "act-as: tenants". NULL when denied. `reason` is logged. */
  const socle_context* (*context_act_as)(const socle_host*, socle_str tenant, socle_str reason, int64_t deadline);
  void (*context_retain)(const socle_host*, const socle_context*);
  void (*context_release)(const socle_host*, const socle_context*);
  void (*context_cancel)(const socle_host*, const socle_context*); /* only one that this plugin opened */
  /* -- time, readiness, threads -------------------------------------------------------------------------------- */
  int64_t (*now)(const socle_host*);     /* monotonic; any thread */
  int64_t (*now_utc)(const socle_host*); /* Unix epoch; any thread */
  uint64_t (*timer_start)(const socle_host*, int64_t delay_for, socle_event_fn, void* user); /* one shot; id, never 0 */
  int (*timer_cancel)(const socle_host*, uint64_t id); /* 1: it will not fire; 0: it has or does. On its worker */
  uint64_t (*watch_open)(const socle_host*, int32_t fd); /* register a non-blocking fd; never 0 */
  void (*watch_wait)(const socle_host*, uint64_t id, uint32_t events, socle_event_fn, void* user); /* one per event kind */
  void (*watch_close)(const socle_host*, uint64_t id); /* pending waits end with CANCELLED; the fd stays open */
  /* Runs work on the bounded offload pool, then done on this worker. UNAVAILABLE when its queue is full. */
  socle_status (*offload)(const socle_host*, socle_work_fn work, socle_event_fn done, void* user);
  void (*defer)(const socle_host*, socle_event_fn, void* user); /* on this worker, soon, from an empty stack */
  void (*post)(const socle_host*, uint32_t worker, socle_event_fn, void* user); /* any thread */
  uint32_t (*worker)(const socle_host*);       /* index of this worker; worker_count() on the staging thread */
  uint32_t (*worker_count)(const socle_host*); /* serving workers */
  void* (*frame_alloc)(const socle_host*, size_t size); /* coroutine frames, pooled per worker; live ones are counted */
  void (*frame_free)(const socle_host*, void* frame, size_t size);
  /* -- catalogue ----------------------------------------------------------------------------------------------- */
  uint64_t (*catalog_version)(const socle_host*); /* of this worker's route snapshot; changes with every change set */
  /* "routes": HTTP routes of all manifests; "listeners": of those this plugin serves; "plugins"; "health"; "metrics"
   * (Prometheus text). JSON (owned), NULL for an unknown name. Each but "listeners" needs permission "catalog". */
  socle_payload* (*catalog)(const socle_host*, socle_str name);
  /* -- connections and resident handles ------------------------------------------------------------------------ */
  void (*connection_closed)(const socle_host*, uint64_t id);             /* the fd is closed */
  void (*connection_return)(const socle_host*, const socle_connection*); /* to the generation now routed, same worker */
  /* A pointer that survives swaps. `destroy` must lie in a resident library. take: NULL when absent or other version. */
  socle_status (*resident_put)(const socle_host*, socle_str name, uint32_t version, void* handle, void (*destroy)(void*));
  void* (*resident_take)(const socle_host*, socle_str name, uint32_t version);
  /* -- what operators see -------------------------------------------------------------------------------------- */
  void (*log)(const socle_host*, int level, const socle_context*, socle_str message, const socle_pair* fields,
              size_t n); /* any thread; context may be NULL */
  uint32_t (*metric)(const socle_host*, socle_str name, uint32_t kind, socle_str help); /* once; then observe() */
  void (*observe)(const socle_host*, uint32_t metric, double value); /* counter: add; gauge: set; any thread */
  double (*limit)(const socle_host*, const socle_context*, socle_str name); /* the plan's number; +inf when not named */
  void (*meter)(const socle_host*, const socle_context*, socle_str name, double amount);
  uint64_t (*span_begin)(const socle_host*, const socle_context*, socle_str name);
  void (*span_end)(const socle_host*, uint64_t span);
  socle_status (*fault_point)(const socle_host*, socle_str name); /* OK, or the fault a test or drill asks for */

  /* -- 1.1: whose turn it is, and who pays (docs/design/scheduler.md) -------------------------------------------- */
  /* May the next request of this connection be read, or gone on with? OK: now. PENDING: others' turn; `ready` follows. */
  socle_status (*admit)(const socle_host*, uint64_t connection, socle_event_fn ready, void* user);
  /* Who pays for a connection's work from now on: the tenant authenticated on it; "", as at first: its peer's address. */
  void (*connection_charge)(const socle_host*, uint64_t connection, socle_str tenant);
  int (*rate)(const socle_host*, const socle_context*, socle_rate*); /* 1: filled; 0: the tenant has no limit */
  int64_t (*slice_left_for)(const socle_host*); /* left of this slice; <= 0: end, or go on from defer(). Poll in long work */
  /* Use of the tenant's memory: 0 below 50 %, 1 to 70 %, 2 above. Then: less fuel, less at a time, shorter time-outs. */
  uint32_t (*pressure)(const socle_host*, const socle_context*);
  /* Memory that goes with the context's call. NULL: the call's or the tenant's budget is used up. */
  void* (*arena_alloc)(const socle_host*, const socle_context*, size_t size, size_t alignment);
  uint64_t (*payer)(const socle_host*); /* who pays for what runs now, for post_for(); good for ever */
  void (*post_for)(const socle_host*, uint64_t payer, uint32_t worker, socle_event_fn, void* user); /* any thread */
  void (*meter_level)(const socle_host*, const socle_context*, socle_str name, double level); /* a stock as it stands */
  /* Memory kept for the context's tenant beyond calls, such as a compiled model. NULL: the tenant's budget is used up. */
  void* (*memory_hold)(const socle_host*, const socle_context*, size_t size);
  void (*memory_release)(const socle_host*, void* held, size_t size); /* what memory_hold() returned; any thread */
  void (*charge)(const socle_host*, const socle_context*, int64_t cpu_for); /* CPU time used for it on others' threads */
  /* Why this thread was given no memory (NULL) just now; asked once, before anything else: the bytes one request may hold,
   * when it would have held more; 0: its tenant's memory is used up. Any thread. */
  int64_t (*memory_refused)(const socle_host*);
};

typedef struct socle_method {
  socle_str service; /* "hello/1", as in the manifest's `provides`; "" for a method only filters or channels use */
  socle_str name;
} socle_method;
/* The constant that socle_plugin_entry() returns. The kernel reads up to the smaller struct_size. */
typedef struct socle_plugin {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  socle_str name; /* equal to the manifest's `plugin` */
  const socle_method* methods;
  size_t method_count;
  /* Staging thread. *instance is the plugin's own and comes back in every entry. `config` (borrowed) is the manifest's
   * typed configuration as a JSON object, defaults filled in. On an error, reply tells why. */
  socle_status (*create)(const socle_host* host, socle_payload* config, void** instance, socle_reply* error);
  void (*destroy)(void* instance); /* staging thread, after STOP */
  /* Any worker, several at a time, unless the manifest says `affinity: one`. OK or an error status in *reply: answered
   * (reply->payload is taken by the kernel). PENDING: complete() follows on the same worker. */
  socle_status (*handle)(void* instance, const socle_call* call, socle_reply* reply);
  /* A new connection on a listener this plugin serves; takes the fd. NULL when it serves none. */
  void (*connection)(void* instance, const socle_connection* connection);
} socle_plugin;

typedef const socle_plugin* (*socle_entry_fn)(void);
#define SOCLE_ENTRY_NAME "socle_plugin_entry"
/* The ELF note, once per plugin: owner "socle", type 1, descriptor = major, minor. SOCLE_PLUGIN() includes it. */
typedef struct socle_abi_note { uint32_t namesz, descsz, type; char name[8]; uint16_t abi_major, abi_minor; } socle_abi_note;
#ifdef __clang__
#define SOCLE_ABI_NOTE_EXACT __attribute__((no_sanitize("address"))) /* which would pad it */
#else
#define SOCLE_ABI_NOTE_EXACT
#endif
#define SOCLE_ABI_NOTE                                                                                          \
  __attribute__((section(".note.socle"), used, aligned(4))) SOCLE_ABI_NOTE_EXACT                               \
  static const socle_abi_note socle_abi_note_v = {                                                              \
      6, 4, 1, "socle", SOCLE_ABI_MAJOR, SOCLE_ABI_MINOR}
#ifdef __cplusplus
}
#endif
#endif /* SOCLE_ABI_H */

/* abi_layout.c: the layout of ABI 1.0 on LP64, written down, and what 1.1 added. Compiled against the frozen header and
 * against today's: a member that moved, shrank, went or changed places stops the build. Tables that carry struct_size
 * may only grow at their end (GROWS); the others may not change (SIZE). A new release appends its members here, with
 * SOCLE_ABI_MINOR. */
#ifdef SOCLE_FROZEN_ABI
#include "abi-1.0/abi.h"
#else
#include <socle/abi.h>
#endif

#define AT(type, member, offset) _Static_assert(offsetof(type, member) == (offset), #type "." #member " moved")
#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type " changed its size")
#ifdef SOCLE_FROZEN_ABI
#define GROWS(type, bytes) SIZE(type, bytes)
#else
#define GROWS(type, bytes) _Static_assert(sizeof(type) >= (bytes), #type " shrank")
#endif
#define IS(constant, value) _Static_assert((constant) == (value), #constant " changed")

AT(socle_str, data, 0);
AT(socle_str, size, 8);
SIZE(socle_str, 16);

AT(socle_pair, key, 0);
AT(socle_pair, value, 16);
SIZE(socle_pair, 32);

AT(socle_payload, text, 0);
AT(socle_payload, doc, 16);
AT(socle_payload, meta, 32);
AT(socle_payload, meta_count, 40);
AT(socle_payload, media, 44);
SIZE(socle_payload, 48);

AT(socle_context, tenant, 0);
AT(socle_context, principal, 16);
AT(socle_context, claims, 32);
AT(socle_context, idempotency_key, 48);
AT(socle_context, lane, 64);
AT(socle_context, keys, 80);
AT(socle_context, key_count, 88);
AT(socle_context, work_class, 92);
AT(socle_context, deadline, 96);
AT(socle_context, trace_id, 104);
AT(socle_context, span_id, 120);
AT(socle_context, trace_flags, 128);
AT(socle_context, cancelled, 129);
SIZE(socle_context, 136);

AT(socle_call, struct_size, 0);
AT(socle_call, method, 4);
AT(socle_call, token, 8);
AT(socle_call, context, 16);
AT(socle_call, payload, 24);
GROWS(socle_call, 32);

AT(socle_reply, struct_size, 0);
AT(socle_reply, status, 4);
AT(socle_reply, payload, 8);
GROWS(socle_reply, 16);

AT(socle_connection, struct_size, 0);
AT(socle_connection, fd, 4);
AT(socle_connection, id, 8);
AT(socle_connection, listener, 16);
AT(socle_connection, peer, 32);
AT(socle_connection, buffered, 48);
AT(socle_connection, tls, 64);
GROWS(socle_connection, 72);

AT(socle_root, struct_size, 0);
AT(socle_root, work_class, 4);
AT(socle_root, tenant, 8);
AT(socle_root, principal, 24);
AT(socle_root, claims, 40);
AT(socle_root, idempotency_key, 56);
AT(socle_root, lane, 72);
AT(socle_root, deadline, 88);
AT(socle_root, trace_id, 96);
AT(socle_root, span_id, 104);
AT(socle_root, trace_flags, 112);
GROWS(socle_root, 120);

AT(socle_call_options, struct_size, 0);
AT(socle_call_options, reserved, 4);
AT(socle_call_options, timeout_for, 8);
AT(socle_call_options, idempotency_key, 16);
GROWS(socle_call_options, 32);

AT(socle_host, struct_size, 0);
AT(socle_host, abi_major, 4);
AT(socle_host, abi_minor, 6);
AT(socle_host, payload_new, 8);
AT(socle_host, payload_alloc, 16);
AT(socle_host, payload_seal, 24);
AT(socle_host, payload_slice, 32);
AT(socle_host, payload_set_doc, 40);
AT(socle_host, payload_retain, 48);
AT(socle_host, payload_release, 56);
AT(socle_host, payload_share, 64);
AT(socle_host, resolve, 72);
AT(socle_host, call, 80);
AT(socle_host, complete, 88);
AT(socle_host, publish, 96);
AT(socle_host, context_open, 104);
AT(socle_host, context_act_as, 112);
AT(socle_host, context_retain, 120);
AT(socle_host, context_release, 128);
AT(socle_host, context_cancel, 136);
AT(socle_host, now, 144);
AT(socle_host, now_utc, 152);
AT(socle_host, timer_start, 160);
AT(socle_host, timer_cancel, 168);
AT(socle_host, watch_open, 176);
AT(socle_host, watch_wait, 184);
AT(socle_host, watch_close, 192);
AT(socle_host, offload, 200);
AT(socle_host, defer, 208);
AT(socle_host, post, 216);
AT(socle_host, worker, 224);
AT(socle_host, worker_count, 232);
AT(socle_host, frame_alloc, 240);
AT(socle_host, frame_free, 248);
AT(socle_host, catalog_version, 256);
AT(socle_host, catalog, 264);
AT(socle_host, connection_closed, 272);
AT(socle_host, connection_return, 280);
AT(socle_host, resident_put, 288);
AT(socle_host, resident_take, 296);
AT(socle_host, log, 304);
AT(socle_host, metric, 312);
AT(socle_host, observe, 320);
AT(socle_host, limit, 328);
AT(socle_host, meter, 336);
AT(socle_host, span_begin, 344);
AT(socle_host, span_end, 352);
AT(socle_host, fault_point, 360);
#ifdef SOCLE_FROZEN_ABI
SIZE(socle_host, 368);
#else
AT(socle_host, admit, 368);
AT(socle_host, connection_charge, 376);
AT(socle_host, rate, 384);
AT(socle_host, slice_left_for, 392);
AT(socle_host, pressure, 400);
AT(socle_host, arena_alloc, 408);
AT(socle_host, payer, 416);
AT(socle_host, post_for, 424);
AT(socle_host, meter_level, 432);
AT(socle_host, memory_hold, 440);
AT(socle_host, memory_release, 448);
AT(socle_host, charge, 456);
AT(socle_host, memory_refused, 464);
GROWS(socle_host, 472);

AT(socle_root, continues, 120);
GROWS(socle_root, 128);

AT(socle_rate, struct_size, 0);
AT(socle_rate, limit, 8);
AT(socle_rate, burst, 16);
AT(socle_rate, remaining, 24);
AT(socle_rate, reset_for, 32);
AT(socle_rate, retry_after_for, 40);
GROWS(socle_rate, 48);
#endif

AT(socle_method, service, 0);
AT(socle_method, name, 16);
SIZE(socle_method, 32);

AT(socle_plugin, struct_size, 0);
AT(socle_plugin, abi_major, 4);
AT(socle_plugin, abi_minor, 6);
AT(socle_plugin, name, 8);
AT(socle_plugin, methods, 24);
AT(socle_plugin, method_count, 32);
AT(socle_plugin, create, 40);
AT(socle_plugin, destroy, 48);
AT(socle_plugin, handle, 56);
AT(socle_plugin, connection, 64);
GROWS(socle_plugin, 72);

AT(socle_abi_note, namesz, 0);
AT(socle_abi_note, descsz, 4);
AT(socle_abi_note, type, 8);
AT(socle_abi_note, name, 12);
AT(socle_abi_note, abi_major, 20);
AT(socle_abi_note, abi_minor, 22);
SIZE(socle_abi_note, 24);

IS(SOCLE_OK, 0);
IS(SOCLE_PENDING, 1);
IS(SOCLE_INVALID, 2);
IS(SOCLE_UNAUTHENTICATED, 3);
IS(SOCLE_DENIED, 4);
IS(SOCLE_NOT_FOUND, 5);
IS(SOCLE_CONFLICT, 6);
IS(SOCLE_PRECONDITION, 7);
IS(SOCLE_TOO_LARGE, 8);
IS(SOCLE_UNSUPPORTED, 9);
IS(SOCLE_EXHAUSTED, 10);
IS(SOCLE_UNAVAILABLE, 11);
IS(SOCLE_DEADLINE, 12);
IS(SOCLE_CANCELLED, 13);
IS(SOCLE_STORAGE_FULL, 14);
IS(SOCLE_DATA_LOSS, 15);
IS(SOCLE_INTERNAL, 16);
IS(SOCLE_HOOK_START, 0x7FFF0001);
IS(SOCLE_HOOK_SELF_TEST, 0x7FFF0002);
IS(SOCLE_HOOK_HEALTH, 0x7FFF0003);
IS(SOCLE_HOOK_DRAIN, 0x7FFF0004);
IS(SOCLE_HOOK_STOP, 0x7FFF0005);
IS(SOCLE_HOOK_EXPORT, 0x7FFF0006);
IS(SOCLE_HOOK_IMPORT, 0x7FFF0007);
IS(SOCLE_MEDIA_NONE, 0);
IS(SOCLE_MEDIA_JSON, 1);
IS(SOCLE_MEDIA_TEXT, 2);
IS(SOCLE_MEDIA_OTHER, 3);
IS(SOCLE_CLASS_INTERACTIVE, 0);
IS(SOCLE_CLASS_BACKGROUND, 1);
IS(SOCLE_LOG_DEBUG, 0);
IS(SOCLE_LOG_INFO, 1);
IS(SOCLE_LOG_WARN, 2);
IS(SOCLE_LOG_ERROR, 3);
IS(SOCLE_IO_READ, 1);
IS(SOCLE_IO_WRITE, 2);
IS(SOCLE_METRIC_COUNTER, 0);
IS(SOCLE_METRIC_GAUGE, 1);
IS(SOCLE_METRIC_HISTOGRAM, 2);

int socle_abi_layout_holds(void);
int socle_abi_layout_holds(void) { return 1; }

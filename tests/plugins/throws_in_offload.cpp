// Throws on the offload thread, and again where the end of that work is told.
#include <socle/abi.h>

static void work(void*) { throw 1; }
static void done(void*, socle_status) { throw 2; }
#define FAULT fixture_host->offload(fixture_host, work, done, nullptr);
#define IN_HANDLE
#include "fixture.h"

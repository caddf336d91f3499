/* Registers an exit handler. */
#include <stdlib.h>

static void at_exit(void) {}
#define IN_START
#define FAULT atexit(at_exit);
#include "fixture.h"

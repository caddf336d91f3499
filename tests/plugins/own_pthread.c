/* Starts a thread of its own. */
#include <pthread.h>
#include <stddef.h>

static void* run(void* argument) { return argument; }
static void start_thread(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, run, NULL) == 0) pthread_join(thread, NULL);
}
#define IN_START
#define FAULT start_thread();
#include "fixture.h"

// A thread_local with a destructor pins the library while a thread that touched it lives.
#include "fixture.h"

struct Guard {
  ~Guard() { value = 0; }
  volatile int value = 1;
};
thread_local Guard guard;
int touch_guard();
int touch_guard() { return guard.value; }
__attribute__((used)) static int (*const keep_touch)() = touch_guard;

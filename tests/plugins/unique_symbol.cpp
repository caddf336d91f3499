// A static in an exported inline function: g++ makes it GNU_UNIQUE, which pins the library for ever.
#include "fixture.h"

inline int* counter() {
  static int value = 0;
  return &value;
}

int* use_counter();
int* use_counter() { return counter(); }

// Throws while static objects are made, that is inside dlopen: home kernel cannot survive it, a cell can.
#include "fixture.h"

struct Thrower {
  Thrower() {
    if (fixture_host == nullptr) throw 1;
  }
};
static const Thrower thrower;

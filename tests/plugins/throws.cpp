// Throws across the C edge.
#define FAULT \
  if (fixture_host != nullptr) throw 1;
#include "fixture.h"
